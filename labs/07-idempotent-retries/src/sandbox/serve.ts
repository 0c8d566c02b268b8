import { Sandbox } from './provider.ts';

const port = Number(process.env['PROVIDER_PORT'] ?? 4070);
await Sandbox.open(port);
console.log(`the provider's sandbox answers on http://127.0.0.1:${port}`);

import { AuthServer } from './auth-server.ts';

const port = Number(process.env['AUTH_PORT'] ?? 4030);
const auth = new AuthServer({
  issuer: process.env['OAUTH_ISSUER'] ?? `http://127.0.0.1:${port}`,
  audience: process.env['OAUTH_AUDIENCE'] ?? 'billing-api',
});
await auth.listen(port);
console.log(`the authorization server answers on http://127.0.0.1:${port}`);

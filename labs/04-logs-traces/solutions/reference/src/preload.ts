import { register } from 'import-in-the-middle/register-hooks.mjs';

// The hook can only wrap what is loaded after it. So it comes before the SDK, and both come before
// the program: `node --import`.
register();
await import('./otel.ts');

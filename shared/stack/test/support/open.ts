// open.ts STATE_DIR NAME…: opens the servers and prints their addresses as JSON.
import { openStack } from '../../src/index.ts';

const [stateDir = '', ...names] = process.argv.slice(2);
const opened = await openStack(names, { stateDir, onProgress: () => {} });
const missing = opened.missing.map(({ code, message }) => ({ code, message }));
process.stdout.write(JSON.stringify({ servers: opened.servers, missing }));

import { basename } from 'node:path';

/** The name of this process in logs and traces, by the file that Node was started with. */
export const SERVICE =
  basename(process.argv[1] ?? '') === 'worker.ts' ? 'fulfil-worker' : 'checkout-api';

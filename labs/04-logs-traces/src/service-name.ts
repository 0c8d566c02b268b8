/** The name of this process in logs and traces, by the file that Node was started with. */
export const SERVICE = process.argv[1]?.endsWith('worker.ts') ? 'fulfil-worker' : 'checkout-api';

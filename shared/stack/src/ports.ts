import { createServer } from 'node:net';

/** `count` different free ports on 127.0.0.1. Those of `preferred` that are still free come first. */
export async function freePorts(
  count: number,
  preferred: readonly number[] = [],
): Promise<number[]> {
  const held = [];
  try {
    for (const port of [...preferred.slice(0, count), ...Array<number>(count).fill(0)]) {
      if (held.length === count) break;
      const listener = await hold(port);
      if (listener !== undefined) held.push(listener);
    }
    return held.map((listener) => listener.port);
  } finally {
    await Promise.all(held.map((listener) => listener.release()));
  }
}

async function hold(
  wanted: number,
): Promise<{ port: number; release: () => Promise<void> } | undefined> {
  const server = createServer();
  const port = await new Promise<number | undefined>((done) => {
    server.once('error', () => done(undefined));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : undefined);
    });
  });
  if (port === undefined) return undefined;
  return { port, release: () => new Promise((done) => void server.close(() => done())) };
}

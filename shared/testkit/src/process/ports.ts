import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { TestkitError } from '../errors.ts';

const FIRST = 21_000;
const LAST = 28_999;

/** A TCP port of 127.0.0.1 that is nobody else's until the claim is disposed or this process ends. */
export interface PortClaim extends AsyncDisposable {
  readonly port: number;
}

/**
 * Claims a free port below the range from which the kernel serves outgoing connections.
 *
 * The claim is a UDP socket on the same number: the kernel lets one process have it, across all
 * runs on this machine, and takes it back when that process dies. No file can go stale.
 */
export async function claimPort(): Promise<PortClaim> {
  const size = LAST - FIRST + 1;
  const start = Math.floor(Math.random() * size);
  for (let step = 0; step < size; step += 1) {
    const port = FIRST + ((start + step) % size);
    const lock = await bindLock(port);
    if (!lock) continue;
    if (await isFree(port)) return new Claim(port, lock);
    await closed(lock);
  }
  throw new TestkitError(
    'NO_FREE_PORT',
    `Every port from ${FIRST} to ${LAST} on 127.0.0.1 is taken.`,
    'end the programs that hold them: ss -ltnp',
  );
}

class Claim implements PortClaim {
  readonly port: number;
  #lock: Socket | undefined;

  constructor(port: number, lock: Socket) {
    this.port = port;
    this.#lock = lock;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lock = this.#lock;
    this.#lock = undefined;
    if (lock) await closed(lock);
  }
}

function bindLock(port: number): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = createSocket('udp4');
  socket.once('error', () => {
    socket.close();
    resolve(undefined);
  });
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
    socket.unref();
    resolve(socket);
  });
  return promise;
}

/** Whether a server could listen there: another program may use the port without our claims. */
function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}

function closed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.close(() => resolve());
  return promise;
}

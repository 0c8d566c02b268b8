import { createSocket, type Socket } from 'node:dgram';
import getPort, { portNumbers } from 'get-port';
import { LauncherError } from './errors.ts';

const HOST = '127.0.0.1';
const FIRST = 21_000;
const LAST = 28_999;

/** A TCP port of 127.0.0.1 that nobody else gets until the claim is disposed or this process ends. */
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
  const start = FIRST + Math.floor(Math.random() * (LAST - FIRST));
  for (;;) {
    // Each time another one: get-port does not give the same twice within 15 s.
    const port = await getPort({ host: HOST, port: range(start) });
    if (port < FIRST || port > LAST) {
      throw new LauncherError(
        'NO_FREE_PORT',
        `Every port from ${FIRST} to ${LAST} on ${HOST} is taken.`,
        'end the programs that hold them; `ss -ltnp` lists them',
      );
    }
    const lock = await bindLock(port);
    if (lock) return new Claim(port, lock);
  }
}

function* range(start: number): Iterable<number> {
  yield* portNumbers(start, LAST);
  yield* portNumbers(FIRST, start);
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
    if (!lock) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    lock.close(() => resolve());
    await promise;
  }
}

function bindLock(port: number): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = createSocket('udp4');
  socket.once('error', () => {
    socket.close();
    resolve(undefined);
  });
  socket.bind({ port, address: HOST, exclusive: true }, () => {
    socket.unref();
    resolve(socket);
  });
  return promise;
}

import { ServerTrouble } from './errors.ts';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A host and a port, e.g. of a URL. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean;
}

/** The URL with a port: its own, or the usual one of that kind of server. */
export function withPort(url: URL, usual: number): string {
  const whole = new URL(url);
  if (whole.port === '') whole.port = String(usual);
  return whole.href;
}

/**
 * Sends `request` and collects the answer until `parse` returns something. Loading a client library
 * takes longer than a whole warm start may take, and a health check needs no more than this.
 */
export async function exchange<T>(
  peer: Peer,
  request: Buffer,
  parse: (received: Buffer) => T | undefined,
  timeoutMs: number,
): Promise<T> {
  const { host, port } = peer;
  const socket =
    peer.tls === true ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
  try {
    return await new Promise<T>((done, fail) => {
      let received: Buffer = Buffer.alloc(0);
      socket.setTimeout(timeoutMs, () =>
        fail(new ServerTrouble('CHECK_FAILED', `no answer within ${timeoutMs} ms`)),
      );
      socket.once('error', fail);
      socket.once('close', () =>
        fail(new ServerTrouble('CHECK_FAILED', 'the connection was closed without an answer')),
      );
      socket.once(peer.tls === true ? 'secureConnect' : 'connect', () => socket.write(request));
      socket.on('data', (part: Buffer) => {
        received = Buffer.concat([received, part]);
        try {
          const answer = parse(received);
          if (answer !== undefined) done(answer);
        } catch (error) {
          fail(error);
        }
      });
    });
  } finally {
    socket.destroy();
  }
}

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { claimPort, type PortClaim } from '@backend-labs/launcher';
import { TestkitError } from '../errors.ts';
import { type Cut, type Look, type Passage, Pipe } from './pipe.ts';

export type Direction = 'toServer' | 'toClient';

/**
 * Sees the bytes of one connection before they go on. A promise holds them until it settles, so a
 * tap may wait at a gate, or kill the service at a labelled moment. It must not change the bytes; it
 * may answer `'cut'` to let them go no further, or `{ last }` to let only so many of them go on.
 */
export type Tap = Readonly<Partial<Record<Direction, Look>>>;

export interface TcpProxyOptions {
  /** Where the connections go. */
  readonly to: { readonly host: string; readonly port: number };
  /** Called for each connection. */
  readonly tap?: () => Tap;
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly pipes: Readonly<Record<Direction, Pipe>>;
}

/**
 * A TCP proxy that breaks things: put it between a service and its server, by way of the service's
 * environment. All bytes pass unchanged until it is told otherwise.
 */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #claim: PortClaim;
  readonly #options: TcpProxyOptions;
  readonly #connections = new Set<Connection>();
  readonly #stalled = new Set<Direction>();
  /** Clients that get no answer. */
  readonly #ignored = new Set<Socket>();
  #ignoring = false;
  #listener: Server | undefined;
  #accepted = 0;
  #failure: unknown;

  private constructor(claim: PortClaim, options: TcpProxyOptions) {
    this.#claim = claim;
    this.port = claim.port;
    this.#options = options;
  }

  static async open(options: TcpProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(await claimPort(), options);
    await proxy.#listen();
    return proxy;
  }

  /** A proxy to the server that a URL names, with its port: those of a lease have one. */
  static async to(url: string, tap?: () => Tap): Promise<TcpProxy> {
    const { hostname, port } = new URL(url);
    if (port === '') {
      throw new TestkitError('MISUSED', 'TcpProxy.to got a URL without a port.', 'add the port');
    }
    const to = { host: hostname, port: Number(port) };
    return TcpProxy.open({ to, ...(tap && { tap }) });
  }

  /** The same URL with this proxy's address in it. */
  rewrite(url: string): string {
    const rewritten = new URL(url);
    rewritten.host = `127.0.0.1:${this.port}`;
    return rewritten.href;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#connections.size;
  }

  /** Connections that ever came. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Resets every open connection, both ends at once. New ones are served. */
  cut(): void {
    for (const client of this.#ignored) client.resetAndDestroy();
    for (const { client, server } of this.#connections) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /**
   * New connections are accepted and get no answer, as from a host that hangs; open ones go on. After
   * `resume()` new ones are served, and those that were ignored still are.
   */
  ignore(): void {
    this.#ignoring = true;
  }

  /** Moves no more bytes, in one direction or both, on open and on new connections; none is closed. */
  stall(direction?: Direction): void {
    for (const each of directions(direction)) {
      this.#stalled.add(each);
      for (const { pipes } of this.#connections) pipes[each].pause();
    }
  }

  /** New connections are refused; open ones go on (`cut()` ends them). */
  refuse(): void {
    // Takes effect at once, while its callback comes only when the last connection has ended.
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Back to normal: listens, and moves what was held back. */
  async resume(): Promise<void> {
    this.#ignoring = false;
    for (const each of directions()) {
      this.#stalled.delete(each);
      for (const { pipes } of this.#connections) pipes[each].resume();
    }
    await this.#listen();
  }

  /** Throws what a tap threw, so that no such bug is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    this.cut();
    await this.#claim[Symbol.asyncDispose]();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #listen(): Promise<void> {
    if (this.#listener) return;
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    listener.listen(this.port, '127.0.0.1');
    await once(listener, 'listening');
    this.#listener = listener;
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    if (this.#ignoring) {
      this.#ignored.add(client);
      client.on('error', () => {}).on('close', () => this.#ignored.delete(client));
      // Read, so that its end is seen.
      client.on('end', () => client.destroy()).resume();
      return;
    }
    const { to, tap } = this.#options;
    const server = connect({ ...to, allowHalfOpen: true });
    const seen = tap?.() ?? {};
    const onBug = (error: unknown): void => {
      this.#failure ??= error;
    };
    const connection: Connection = {
      client,
      server,
      pipes: {
        toServer: new Pipe({ from: client, to: server, look: seen.toServer, onBug }),
        toClient: new Pipe({ from: server, to: client, look: seen.toClient, onBug }),
      },
    };
    this.#connections.add(connection);
    for (const direction of this.#stalled) connection.pipes[direction].pause();
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // A broken end shows on the other as a reset: the service must see what the server did.
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => {
        if (client.destroyed && server.destroyed) this.#connections.delete(connection);
      });
    }
  }
}

function directions(only?: Direction): Direction[] {
  return only ? [only] : ['toServer', 'toClient'];
}

export type { Cut, Passage };

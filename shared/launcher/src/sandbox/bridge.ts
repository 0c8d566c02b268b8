import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardFolder, unguardFolder } from '../watchdog.ts';
import type { NamedPorts } from './named-ports.ts';

const HOST = '127.0.0.1';
/** Says to the inside that a client is there. */
const CLIENT = Buffer.from([1]);
/** Connections from inside that may wait for clients of one port. */
const MOST_SPARE = 64;

/**
 * The outside half of a sandbox's network: each named port is bridged over a Unix socket. A server's
 * port is open out here only while the program listens on it in there, so a client is refused as it
 * would be without a sandbox.
 */
export class Bridge {
  /** The folder of the sockets: all of this machine that the sandbox can write to but its own folder. */
  readonly dir = mkdtempSync(join(tmpdir(), 'labs-box-'));
  readonly #servers: Server[] = [];
  readonly #doors = new Map<number, Door>();
  readonly #sockets = new Set<Socket>();

  readonly #everyone: boolean;

  /** @param everyone whether another user of the machine connects to the sockets. */
  constructor(everyone: boolean) {
    guardFolder(this.dir);
    this.#everyone = everyone;
    if (everyone) chmodSync(this.dir, 0o711);
  }

  /** Makes the ways for these ports. The inside may be there already. */
  async open({ serves, reaches }: NamedPorts): Promise<void> {
    for (const port of reaches) {
      await this.#listen(`to-${port}`, (inner) => {
        this.#join(this.#hold(connect({ port, host: HOST, ...OPTIONS })), inner);
      });
    }
    for (const port of serves) {
      const door = new Door((client, inner) => this.#join(client, inner));
      this.#doors.set(port, door);
      await this.#listen(`from-${port}`, (inner) => door.offer(inner));
    }
  }

  /** @param up the ports on which the program listens now. */
  show(up: readonly number[]): void {
    for (const [port, door] of this.#doors) {
      if (!up.includes(port)) door.shut();
      else if (!door.server) {
        door.server = this.#server((client) => door.enter(client));
        door.server.listen(port, HOST);
      }
    }
  }

  close(): void {
    for (const door of this.#doors.values()) door.shut();
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    rmSync(this.dir, { recursive: true, force: true });
    unguardFolder(this.dir);
  }

  async #listen(name: string, onConnection: (socket: Socket) => void): Promise<void> {
    const path = join(this.dir, name);
    await once(this.#server(onConnection).listen(path), 'listening');
    if (this.#everyone) chmodSync(path, 0o777);
  }

  #server(onConnection: (socket: Socket) => void): Server {
    const server = createServer(OPTIONS, (socket) => onConnection(this.#hold(socket)));
    // A port that somebody else took looks like a program that does not listen.
    server.on('error', () => {});
    server.unref();
    this.#servers.push(server);
    return server;
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    return socket;
  }

  #join(tcp: Socket, unix: Socket): void {
    tcp.pipe(unix);
    unix.pipe(tcp);
    tcp.once('error', () => unix.destroy());
    unix.once('error', () => tcp.resetAndDestroy());
    tcp.once('close', () => unix.destroySoon());
    // An end in there without a word: the program refused the connection, or is gone.
    unix.once('close', () => (unix.readableEnded ? tcp.destroySoon() : tcp.resetAndDestroy()));
  }
}

const OPTIONS = { allowHalfOpen: true, noDelay: true } as const;

/** Brings each client of a port together with a connection that came from inside for it. */
class Door {
  server: Server | undefined;
  readonly #connect: (client: Socket, inner: Socket) => void;
  readonly #spare: Socket[] = [];
  readonly #clients: Socket[] = [];

  constructor(onMatch: (client: Socket, inner: Socket) => void) {
    this.#connect = onMatch;
  }

  offer(inner: Socket): void {
    if (this.#spare.length >= MOST_SPARE) inner.destroy();
    else this.#spare.push(inner);
    this.#match();
  }

  enter(client: Socket): void {
    this.#clients.push(client);
    this.#match();
  }

  shut(): void {
    this.server?.close();
    this.server = undefined;
    for (const client of this.#clients.splice(0)) client.resetAndDestroy();
  }

  #match(): void {
    for (;;) {
      const inner = this.#spare[0];
      const client = this.#clients[0];
      if (!inner || !client) return;
      this.#spare.shift();
      this.#clients.shift();
      if (client.destroyed) this.#spare.unshift(inner);
      else if (inner.destroyed) this.#clients.unshift(client);
      if (client.destroyed || inner.destroyed) continue;
      inner.write(CLIENT);
      this.#connect(client, inner);
    }
  }
}

import type { Redis } from 'ioredis';

/** One command as MONITOR shows it. */
export interface SeenCommand {
  /** In capitals: `GET`, `SET`, … */
  readonly name: string;
  readonly args: readonly string[];
  /** Run by a Lua script, not sent by a client. */
  readonly inScript: boolean;
}

export interface CommandUse<T> {
  /** What the work answered. */
  readonly result: T;
  readonly commands: readonly SeenCommand[];
  /** How many of that name were sent; of all when no name is given. */
  count(name?: string): number;
}

/** Setting up a connection is not work. */
const HANDSHAKE = new Set(['HELLO', 'AUTH', 'SELECT', 'CLIENT', 'INFO', 'QUIT']);

export interface WatchOptions {
  readonly db: number;
  /** Address of a client that is not watched: the probe's. */
  readonly own: string;
  /** An argument that ends the watch. */
  readonly mark: string;
}

/** Collects what MONITOR shows of one logical database, until a mark comes by. */
export class RedisWatch {
  /** Resolves when the mark was seen. */
  readonly ended: Promise<void>;
  readonly #commands: SeenCommand[] = [];

  constructor(monitor: Redis, { db, own, mark }: WatchOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    monitor.on('monitor', (_time: string, args: string[], source: string, database: string) => {
      const [name = '', ...rest] = args;
      if (rest[0] === mark) resolve();
      if (source === own || Number(database) !== db) return;
      if (!HANDSHAKE.has(name.toUpperCase())) {
        this.#commands.push({ name: name.toUpperCase(), args: rest, inScript: source === 'lua' });
      }
    });
  }

  use<T>(result: T): CommandUse<T> {
    const commands = [...this.#commands];
    return {
      result,
      commands,
      count: (name) =>
        commands.filter((seen) => !seen.inScript && (name === undefined || seen.name === name))
          .length,
    };
  }
}

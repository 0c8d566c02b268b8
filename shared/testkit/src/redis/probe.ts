import type { RunContext } from '@backend-labs/protocol';
import type { Lease } from '@backend-labs/stack';
import { Redis, ReplyError } from 'ioredis';
import { notLeased, ProbeTrouble } from '../errors.ts';
import { deadline, ms } from '../wait/deadline.ts';
import { type CommandUse, RedisWatch } from './watch.ts';

const ANSWER_WITHIN_MS = 10_000;

/**
 * Looks at the leased logical database. Trouble with the server is a `StackError`; a command that
 * Redis refuses is the `ReplyError` of ioredis.
 */
export class RedisProbe implements Disposable {
  readonly #redis: Redis;
  readonly #db: number;
  readonly #trouble: { last?: Error };

  private constructor(redis: Redis, db: number, trouble: { last?: Error }) {
    this.#redis = redis;
    this.#db = db;
    this.#trouble = trouble;
  }

  static async of(run: RunContext, lease: Lease): Promise<RedisProbe> {
    const server = run.servers.redis;
    if (!server || !lease.redis) throw notLeased('redis');
    const { db } = lease.redis;
    const trouble: { last?: Error } = {};
    const url = new URL(server.url);
    url.pathname = `/${db}`;
    const redis = new Redis(url.href, {
      lazyConnect: true,
      // A probe's question is asked once: a retry could count or delete twice.
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    });
    redis.on('error', (error: Error) => (trouble.last = error));
    const probe = new RedisProbe(redis, db, trouble);
    await probe.#ask('connect', () => redis.connect());
    return probe;
  }

  /** Any command, e.g. `command('HGET', 'basket:1', 'total')`. */
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return this.#ask(`run ${name}`, () => this.#redis.call(name, ...args));
  }

  get(key: string): Promise<string | null> {
    return this.#ask('get a key', () => this.#redis.get(key));
  }

  /** Milliseconds to live; -1 when the key never expires, -2 when there is none. */
  pttl(key: string): Promise<number> {
    return this.#ask('read a time to live', () => this.#redis.pttl(key));
  }

  /** The key ends now, as if its time were over: a test need not wait for a TTL. */
  async expire(key: string): Promise<void> {
    await this.#ask('expire a key', () => this.#redis.pexpire(key, 0));
  }

  /** Keys of this lease that match the pattern, sorted. By SCAN, which blocks nobody. */
  keys(pattern = '*'): Promise<string[]> {
    return this.#ask('scan the keys', async () => {
      const found = new Set<string>();
      let cursor = '0';
      do {
        const [next, keys] = await this.#redis.scan(cursor, 'MATCH', pattern, 'COUNT', 500);
        for (const key of keys) found.add(key);
        cursor = next;
      } while (cursor !== '0');
      return [...found].toSorted();
    });
  }

  /**
   * What the service sends to its logical database while `work` runs, in order. Commands inside a
   * Lua script are marked. The probe's own are left out.
   */
  async measure<T>(work: () => T | Promise<T>): Promise<CommandUse<T>> {
    const mark = `measured-${crypto.randomUUID()}`;
    const own = await this.#address();
    const monitor = this.#redis.duplicate();
    monitor.on('error', (error: Error) => (this.#trouble.last = error));
    const watch = new RedisWatch(monitor, { db: this.#db, own, mark });
    try {
      await this.#ask('watch the commands', () => startMonitor(monitor));
      const result = await work();
      // Redis runs one command at a time: what it shows before the mark is all there was.
      await this.#ask('end the watch', async () => {
        await this.#redis.echo(mark);
        await watch.ended;
      });
      return watch.use(result);
    } finally {
      monitor.disconnect();
    }
  }

  [Symbol.dispose](): void {
    this.#redis.disconnect();
  }

  /** Of the probe's own connection, as the server names it. */
  async #address(): Promise<string> {
    const info = String(await this.command('CLIENT', 'INFO'));
    return /(?:^| )addr=(?<addr>\S+)/u.exec(info)?.groups?.['addr'] ?? '';
  }

  async #ask<T>(doing: string, question: () => Promise<T>): Promise<T> {
    delete this.#trouble.last;
    const late = (): Error => new TypeError(`no answer within ${ms(ANSWER_WITHIN_MS)}`);
    try {
      return await deadline(question(), ANSWER_WITHIN_MS, late);
    } catch (error) {
      // Redis works and refuses the command: a wrong type, for one.
      if (error instanceof ReplyError) throw error;
      throw new ProbeTrouble('redis', doing, this.#trouble.last ?? error);
    }
  }
}

/**
 * `monitor()` of ioredis takes what Redis shows for the answer to a command until a promise after
 * Redis' OK has run, and fails if another client's command comes with the OK. This one knows at the OK.
 */
async function startMonitor(redis: Redis): Promise<void> {
  await redis.connect();
  const command = new Redis.Command('monitor');
  const { resolve } = command;
  command.resolve = (answer) => {
    Object.assign(redis, { status: 'monitoring' });
    resolve(answer);
  };
  await redis.sendCommand(command);
}

import {
  openSpare,
  type ServerAddress,
  ServerUnavailable,
  type SpareServer,
  type StackOptions,
} from '@backend-labs/stack';
import { recordSlow, slowest } from './blocked-redis.ts';
import { RedisWatch } from './redis-watch.ts';

/** A Redis that one submission has to itself: if it is blocked, nobody else has done it. */
export class OwnRedis implements AsyncDisposable {
  readonly #server: SpareServer;
  readonly #watch: RedisWatch;
  #blockage: string | undefined;

  private constructor(server: SpareServer) {
    this.#server = server;
    this.#watch = new RedisWatch(server.address, async (observed) => {
      this.#blockage ??= observed;
      await server.kill();
    });
  }

  /** It answers when this resolves. Undefined: this machine cannot provide one. */
  static async open(shared: ServerAddress, options: StackOptions): Promise<OwnRedis | undefined> {
    try {
      const server = await openSpare(shared, options);
      await recordSlow(server.address);
      return new OwnRedis(server);
    } catch (error) {
      if (error instanceof ServerUnavailable) return undefined;
      throw error;
    }
  }

  get address(): ServerAddress {
    return this.#server.address;
  }

  /** Ends the watch. Resolves with what shows that the submission has blocked it; undefined: it has not. */
  async blockage(): Promise<string | undefined> {
    await this.#watch[Symbol.asyncDispose]();
    return this.#blockage ?? (await slowest(this.address));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

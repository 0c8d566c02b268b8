import { type Lease, type Service, type StartedService, TcpProxy } from '@backend-labs/testkit';
import { DatabaseLine } from './database-line.ts';

/** A budget that no machine exceeds while Redis is up, however busy it is. */
const AMPLE = { REDIS_BUDGET_MS: '5000' };

interface Options {
  /** The test file's service, which is not started. */
  readonly definition: Service;
  readonly lease: Lease;
  readonly env?: Readonly<Record<string, string>>;
}

/** One instance and its way to Postgres. */
export interface Instance {
  readonly service: StartedService;
  readonly line: DatabaseLine;
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
}

/** Two instances of the service. Their ways to Postgres and Redis are the test's to break. */
export class Shop implements AsyncDisposable {
  readonly first: Instance;
  readonly second: Instance;
  readonly #opened: AsyncDisposableStack;

  private constructor(
    [first, second]: readonly [Instance, Instance],
    opened: AsyncDisposableStack,
  ) {
    this.first = first;
    this.second = second;
    this.#opened = opened;
  }

  static async open({ definition, lease, env }: Options): Promise<Shop> {
    await using opened = new AsyncDisposableStack();
    const { DATABASE_URL = '', REDIS_URL = '' } = lease.env;
    const start = async (): Promise<Instance> => {
      const line = new DatabaseLine();
      const database = opened.use(await TcpProxy.to(DATABASE_URL, line.tap));
      const redis = opened.use(await TcpProxy.to(REDIS_URL));
      const service = await definition
        .with({
          ...AMPLE,
          ...env,
          DATABASE_URL: database.rewrite(DATABASE_URL),
          REDIS_URL: redis.rewrite(REDIS_URL),
        })
        .start();
      return { service: opened.use(service), line, database, redis };
    };
    const instances = [await start(), await start()] as const;
    return new Shop(instances, opened.move());
  }

  get instances(): readonly [Instance, Instance] {
    return [this.first, this.second];
  }

  get services(): readonly [StartedService, StartedService] {
    return [this.first.service, this.second.service];
  }

  /** `first` or `second`, for messages. */
  nameOf(service: StartedService): string {
    return service === this.first.service ? 'first instance' : 'second instance';
  }

  /** Redis breaks all connections and refuses new ones. */
  refuseRedis(): void {
    for (const { redis } of this.instances) {
      redis.refuse();
      redis.cut();
    }
  }

  /** Redis accepts bytes and sends none. */
  stallRedis(): void {
    for (const { redis } of this.instances) redis.stall();
  }

  async resumeRedis(): Promise<void> {
    await Promise.all(this.instances.map(({ redis }) => redis.resume()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

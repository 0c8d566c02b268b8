import type { RunContext } from '@backend-labs/protocol';
import { connectStack, openSpare, type Lease } from '@backend-labs/stack';
import { notLeased } from '../errors.ts';
import { RabbitProbe } from './probe.ts';

/**
 * A RabbitMQ that the test may kill, with a vhost of the test's own in it; the shared one goes on.
 * Held until disposed, and by one test of the machine at a time: take it in the test that kills.
 *
 * ```ts
 * await using broker = await SpareRabbit.open(run);
 * await using service = await definition.with(broker.env).start();
 * await broker.kill();
 * await broker.start();
 * ```
 */
export class SpareRabbit implements AsyncDisposable {
  /** `AMQP_URL`; the same before and after a kill. */
  readonly env: Readonly<Record<string, string>>;
  /** As the service's user, into the test's vhost. */
  readonly url: string;
  readonly #lease: Lease;
  readonly #kill: () => Promise<void>;
  readonly #start: () => Promise<void>;
  readonly #held: AsyncDisposableStack;

  private constructor(
    lease: Lease,
    server: { kill(): Promise<void>; start(): Promise<void> },
    held: AsyncDisposableStack,
  ) {
    if (!lease.rabbitmq) throw notLeased('rabbitmq');
    this.env = lease.env;
    this.url = lease.rabbitmq.url;
    this.#lease = lease;
    this.#kill = () => server.kill();
    this.#start = () => server.start();
    this.#held = held;
  }

  /** Throws `StackError` when there is none to be had. */
  static async open(run: RunContext): Promise<SpareRabbit> {
    const shared = run.servers.rabbitmq;
    if (!shared) throw notLeased('rabbitmq');
    await using held = new AsyncDisposableStack();
    const options = { stateDir: run.stateDir, onProgress: () => {} };
    const server = held.use(await openSpare(shared, options));
    const stack = held.use(connectStack({ rabbitmq: server.address }));
    // A vhost can be given back only by a broker that runs.
    held.defer(() => server.start());
    const lease = await stack.lease({ lab: run.lab, servers: ['rabbitmq'] });
    return new SpareRabbit(lease, server, held.move());
  }

  /** Looks into the vhost by a connection of its own, which a kill breaks. */
  probe(): Promise<RabbitProbe> {
    return RabbitProbe.of(this.#lease);
  }

  /** SIGKILL, once its tables are on its disk. Resolves when the broker's processes are gone. */
  kill(): Promise<void> {
    return this.#kill();
  }

  /** Starts it from what is on its disk, at the same address. Resolves when it answers. */
  start(): Promise<void> {
    return this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]();
  }
}

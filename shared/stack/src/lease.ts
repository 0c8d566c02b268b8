import type { Part } from './servers/part.ts';
import type { KafkaLease, Lease, PostgresLease, RabbitLease, RedisLease } from './types.ts';

type Leased = Pick<Lease, 'postgres' | 'redis' | 'rabbitmq' | 'kafka'>;

/** The parts that several servers gave, given back together and once. */
export class JoinedLease implements Lease {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  declare readonly postgres?: PostgresLease;
  declare readonly redis?: RedisLease;
  declare readonly rabbitmq?: RabbitLease;
  declare readonly kafka?: KafkaLease;
  readonly #parts: readonly Part<Leased>[];
  readonly #onReleased: () => void;
  #keep = false;
  #released: Promise<void> | undefined;

  constructor(id: string, parts: readonly Part<Leased>[], onReleased: () => void) {
    this.id = id;
    this.env = Object.assign({}, ...parts.map((part) => part.env));
    this.#parts = parts;
    this.#onReleased = onReleased;
    Object.assign(this, ...parts.map((part) => part.lease));
  }

  keep(): void {
    this.#keep = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  /** Every part is given back, also when one of them fails; the first failure is told. */
  async #release(): Promise<void> {
    const settled = await Promise.allSettled(this.#parts.map((part) => part.release(this.#keep)));
    this.#onReleased();
    const failed = settled.find((part) => part.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

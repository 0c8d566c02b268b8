import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '@backend-labs/stack';
import { type Admin, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { notLeased, serverTrouble } from '../errors.ts';
import { readAll } from './read-all.ts';
import { type KafkaRecord, type NewRecord, valueBytes } from './record.ts';

/** How far a group has come in one partition. Offsets are of the next record. */
export interface PartitionLag {
  readonly partition: number;
  readonly end: number;
  /** `undefined`: the group has committed nothing there. */
  readonly committed: number | undefined;
  /** Records that the group has not committed. */
  readonly lag: number;
}

/**
 * Looks at the topics and groups of the lease. Names are given and answered without the lease's
 * prefix, `name()` tells the whole one. Trouble with the server is a `StackError`.
 */
export class KafkaProbe implements AsyncDisposable {
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #prefix: string;
  #producer: Promise<Producer> | undefined;

  private constructor(kafka: Kafka, admin: Admin, prefix: string) {
    this.#kafka = kafka;
    this.#admin = admin;
    this.#prefix = prefix;
  }

  static async of(lease: Lease): Promise<KafkaProbe> {
    if (!lease.kafka) throw notLeased('kafka');
    const { brokers, prefix } = lease.kafka;
    const kafka = new Kafka({
      clientId: `${prefix}probe`,
      brokers: [...brokers],
      retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 10 },
      // A broker's first answers are retries ("coordinator is loading") that it logs as errors.
      logLevel: logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await doing('connect', () => admin.connect());
    return new KafkaProbe(kafka, admin, prefix);
  }

  /** The name of a topic or group as the service and the broker know it. */
  name(short: string): string {
    return `${this.#prefix}${short}`;
  }

  /** Topics of this lease, sorted. */
  async topics(): Promise<string[]> {
    const all = await doing('list the topics', () => this.#admin.listTopics());
    return all
      .filter((topic) => topic.startsWith(this.#prefix))
      .map((topic) => topic.slice(this.#prefix.length))
      .toSorted();
  }

  /** Makes a topic, ready for use; nothing happens when it is there already. */
  async createTopic(topic: string, partitions: number): Promise<void> {
    await doing(`create the topic ${topic}`, () =>
      this.#admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic: this.name(topic), numPartitions: partitions, replicationFactor: 1 }],
      }),
    );
    // The broker confirms before it leads the partitions.
    await this.endOffsets(topic);
  }

  /** Offset of the next record, by partition. */
  async endOffsets(topic: string): Promise<number[]> {
    const offsets = await doing(`read the end of ${topic}`, () =>
      this.#admin.fetchTopicOffsets(this.name(topic)),
    );
    return offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
  }

  /** By partition, in order. */
  async lag(group: string, topic: string): Promise<PartitionLag[]> {
    const ends = await this.endOffsets(topic);
    const [found] = await doing(`read the offsets of ${group}`, () =>
      this.#admin.fetchOffsets({ groupId: this.name(group), topics: [this.name(topic)] }),
    );
    const committed = new Map(
      found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
    );
    return ends.map((end, partition) => {
      const offset = committed.get(partition) ?? -1;
      return {
        partition,
        end,
        committed: offset < 0 ? undefined : offset,
        lag: end - Math.max(offset, 0),
      };
    });
  }

  /** Sends records, in this order; resolves when the broker has them. */
  async produce(topic: string, records: readonly NewRecord[]): Promise<void> {
    await doing(`produce to ${topic}`, async () => {
      const producer = await (this.#producer ??= this.#connectProducer());
      await producer.send({
        topic: this.name(topic),
        acks: -1,
        messages: records.map(({ key = null, value, headers = {}, partition }) => ({
          key,
          value: valueBytes(value),
          headers: { ...headers },
          ...(partition !== undefined && { partition }),
        })),
      });
    });
  }

  /** Every record of the topic up to its end as it is now; by partition, in order within one. */
  async read(topic: string): Promise<KafkaRecord[]> {
    const ends = await this.endOffsets(topic);
    const groupId = this.name(`probe-${crypto.randomUUID()}`);
    return doing(`read ${topic}`, () =>
      readAll(this.#kafka, { topic: this.name(topic), groupId, ends }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const producer = await this.#producer?.catch(() => {});
    await Promise.allSettled([producer?.disconnect(), this.#admin.disconnect()]);
  }

  async #connectProducer(): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    return producer;
  }
}

const READY_WITHIN_MS = 10_000;
const AGAIN_MS = 20;

/** What the broker itself calls retriable ("coordinator is loading") is asked again for a while. */
async function doing<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isRetriable(error) || performance.now() - begun > READY_WITHIN_MS) {
        throw serverTrouble('kafka', what, error);
      }
      await sleep(AGAIN_MS);
    }
  }
}

/** kafkajs has retried connections already when it gives up on one. */
function isRetriable(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'KafkaJSProtocolError') return false;
  return 'retriable' in error && error.retriable === true;
}

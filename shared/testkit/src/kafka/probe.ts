import type { Lease } from '@backend-labs/stack';
import { type Admin, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { notLeased } from '../errors.ts';
import { connection } from './connection.ts';
import { KafkaGroup } from './group.ts';
import { readAll } from './read-all.ts';
import { type KafkaRecord, type NewRecord, valueBytes } from './record.ts';
import { doing } from './trouble.ts';

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
    const { prefix } = lease.kafka;
    const kafka = new Kafka({
      ...connection(lease.kafka),
      clientId: `${prefix}probe`,
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
    return (await this.#offsets(topic)).map(({ high }) => Number(high));
  }

  /** Deletes the records of a partition before `offset`, as retention does: it begins there from now on. */
  async deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
    await doing(`delete records of ${topic}`, () =>
      this.#admin.deleteTopicRecords({
        topic: this.name(topic),
        partitions: [{ partition, offset: String(offset) }],
      }),
    );
  }

  /** A consumer group of the lease. It need not exist yet. */
  group(short: string): KafkaGroup {
    const link = {
      kafka: this.#kafka,
      admin: this.#admin,
      name: (each: string) => this.name(each),
      endOffsets: (topic: string) => this.endOffsets(topic),
    };
    return new KafkaGroup(link, short);
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
    const offsets = await this.#offsets(topic);
    // Nothing will ever come from a partition whose records are all deleted.
    const ends = offsets.map(({ low, high }) => (low === high ? 0 : Number(high)));
    const groupId = this.name(`probe-${crypto.randomUUID()}`);
    return doing(`read ${topic}`, () =>
      readAll(this.#kafka, { topic: this.name(topic), groupId, ends }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const producer = await this.#producer?.catch(() => {});
    await Promise.allSettled([producer?.disconnect(), this.#admin.disconnect()]);
  }

  /** By partition. */
  async #offsets(
    topic: string,
  ): Promise<readonly { readonly low: string; readonly high: string }[]> {
    const offsets = await doing(`read the offsets of ${topic}`, () =>
      this.#admin.fetchTopicOffsets(this.name(topic)),
    );
    return offsets.toSorted((a, b) => a.partition - b.partition);
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

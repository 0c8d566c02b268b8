import { isUtf8 } from 'node:buffer';
import { eventually, type KafkaProbe, type Lease } from '@backend-labs/testkit';
import { Kafka, type KafkaMessage, logLevel, Partitioners, type Producer } from 'kafkajs';

/** A record by its bytes. Values that are neither bytes, text nor `null` go as JSON. */
export interface RawRecord {
  readonly key: string | null;
  readonly value: unknown;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  readonly partition: number;
}

/** Topics as they are on the broker, for records that are no text. */
export class RawTopics implements AsyncDisposable {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  readonly #probe: KafkaProbe;

  private constructor(kafka: Kafka, producer: Producer, probe: KafkaProbe) {
    this.#kafka = kafka;
    this.#producer = producer;
    this.#probe = probe;
  }

  static async open(lease: Lease, probe: KafkaProbe): Promise<RawTopics> {
    const kafka = new Kafka({
      clientId: 'raw-topics-of-the-test',
      brokers: [...(lease.kafka?.brokers ?? [])],
      retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 10 },
      logLevel: logLevel.NOTHING,
    });
    const createPartitioner = Partitioners.DefaultPartitioner;
    const producer = kafka.producer({ createPartitioner, allowAutoTopicCreation: false });
    await producer.connect();
    return new RawTopics(kafka, producer, probe);
  }

  async produce(topic: string, records: readonly RawRecord[]): Promise<void> {
    await this.#producer.send({
      topic: this.#probe.name(topic),
      messages: records.map(({ key, value, headers = {}, partition }) => ({
        key,
        value: bytesOf(value),
        headers: { ...headers },
        partition,
      })),
    });
  }

  /** Every record of a topic of one partition, up to its end as it is now. */
  async read(topic: string): Promise<KafkaMessage[]> {
    const [end = 0] = await this.#probe.endOffsets(topic);
    if (end === 0) return [];
    const found: KafkaMessage[] = [];
    const groupId = this.#probe.name(`raw-${crypto.randomUUID()}`);
    const consumer = this.#kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: this.#probe.name(topic), fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ message }) => void found.push(message),
      });
      await eventually(`${end} records of ${topic}`, () => found.length >= end);
    } finally {
      await consumer.disconnect();
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.disconnect();
  }
}

export function bytesOf(value: unknown): Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Bytes for a message: as text, or in hex when they are none. */
export function shown(bytes: Buffer | null | undefined): string {
  if (bytes === null || bytes === undefined) return '(nothing)';
  return isUtf8(bytes) ? bytes.toString() : `the bytes ${bytes.toString('hex')}`;
}

import type { Admin, Kafka } from 'kafkajs';
import { doing } from './trouble.ts';

/** Of the member that sets an offset: the broker keeps one that fails between join and leave for so long. */
const SESSION_MS = 6000;

/** How far a group has come in one partition. Offsets are of the next record. */
export interface PartitionLag {
  readonly partition: number;
  readonly end: number;
  /** `undefined`: the group has committed nothing there. */
  readonly committed: number | undefined;
  /** Records that the group has not committed. */
  readonly lag: number;
}

/** A group as its coordinator sees it. */
export interface GroupState {
  /** `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty`, or `Dead` when there is none. */
  readonly state: string;
  /** Ids of its members. Who was put out and joins again has another. */
  readonly members: readonly string[];
}

/** The connections of the probe, and the whole names behind the short ones. */
export interface GroupLink {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly name: (short: string) => string;
  readonly endOffsets: (topic: string) => Promise<number[]>;
}

/** A consumer group of the lease: what an operator sees of it, and does to it. */
export class KafkaGroup {
  readonly #link: GroupLink;
  readonly #short: string;

  constructor(link: GroupLink, short: string) {
    this.#link = link;
    this.#short = short;
  }

  /** The name as the service and the broker know it. */
  get name(): string {
    return this.#link.name(this.#short);
  }

  async describe(): Promise<GroupState> {
    const { groups } = await doing(`describe the group ${this.#short}`, () =>
      this.#link.admin.describeGroups([this.name]),
    );
    const [found] = groups;
    return {
      state: found?.state ?? 'Dead',
      members: (found?.members ?? []).map(({ memberId }) => memberId),
    };
  }

  /** By partition, in order. */
  async lag(topic: string): Promise<PartitionLag[]> {
    const ends = await this.#link.endOffsets(topic);
    const [found] = await doing(`read the offsets of ${this.#short}`, () =>
      this.#link.admin.fetchOffsets({ groupId: this.name, topics: [this.#link.name(topic)] }),
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

  /** Sets the offset of the next record, as `kafka-consumer-groups --reset-offsets`. The group must be empty. */
  async setOffset(topic: string, partition: number, offset: number): Promise<void> {
    const { kafka, name } = this.#link;
    await doing(`set an offset of ${this.#short}`, async () => {
      // kafkajs's admin does the same, and then waits 5 s for records that nobody wants.
      const consumer = kafka.consumer({
        groupId: this.name,
        maxWaitTimeInMs: 50,
        sessionTimeout: SESSION_MS,
        rebalanceTimeout: SESSION_MS,
        heartbeatInterval: SESSION_MS / 6,
        // A consumer that kafkajs restarts joins before it counts as running. Until then it commits
        // nothing, and does not leave the group when it is told to stop.
        retry: { restartOnFailure: async () => false },
      });
      const crashes: Error[] = [];
      consumer.on(consumer.events.CRASH, ({ payload }) => void crashes.push(payload.error));
      try {
        await consumer.connect();
        await consumer.subscribe({ topic: name(topic) });
        // Resolves when it has joined the group, or crashed.
        await consumer.run({ autoCommit: false, eachMessage: async () => {} });
        const [crash] = crashes;
        if (crash) throw crash;
        await consumer.commitOffsets([{ topic: name(topic), partition, offset: String(offset) }]);
      } finally {
        await consumer.disconnect();
      }
    });
  }

  /** Forgets all that it has committed, as `kafka-consumer-groups --delete`. The group must be empty. */
  async delete(): Promise<void> {
    await doing(`delete the group ${this.#short}`, () =>
      this.#link.admin.deleteGroups([this.name]),
    );
  }
}

import type { KafkaProbe, Lease, PartitionLag } from '@backend-labs/testkit';
import { eventually, expect } from '@backend-labs/testkit';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { expectSame } from '../same.ts';
import { EVENTS, GROUP } from './names.ts';

const STUCK_MS = 500;
/** A group that nobody is in for so long is left alone. A member that starts anew is back sooner. */
const DESERTED_MS = 2000;

/** The projector's group as the broker sees it. */
export class Group implements AsyncDisposable {
  readonly #client: Kafka;
  readonly #admin: Admin;
  readonly #kafka: KafkaProbe;
  readonly #id: string;
  /** The longest that is waited from now on. */
  #patience = Infinity;

  private constructor(client: Kafka, admin: Admin, probe: KafkaProbe) {
    this.#client = client;
    this.#admin = admin;
    this.#kafka = probe;
    this.#id = probe.name(GROUP);
  }

  static async of(lease: Lease, probe: KafkaProbe): Promise<Group> {
    const client = new Kafka({
      clientId: 'group-of-the-test',
      brokers: [...(lease.kafka?.brokers ?? [])],
      retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 10 },
      logLevel: logLevel.NOTHING,
    });
    const admin = client.admin();
    await admin.connect();
    return new Group(client, admin, probe);
  }

  /** `Stable`, `PreparingRebalance`, `Empty`, `Dead`, …, and how many members it has. */
  async look(): Promise<{ state: string; members: number }> {
    const { groups } = await this.#admin.describeGroups([this.#id]);
    const [group] = groups;
    return { state: group?.state ?? 'Dead', members: group?.members.length ?? 0 };
  }

  /** Ids of the members. One that was put out and joins again has another. */
  async members(): Promise<string[]> {
    const { groups } = await this.#admin.describeGroups([this.#id]);
    return (groups[0]?.members ?? []).map(({ memberId }) => memberId);
  }

  /** As an operator who sets an offset; nobody may be in the group. */
  async setOffset(partition: number, offset: number): Promise<void> {
    const topic = this.#kafka.name(EVENTS);
    // kafkajs's admin does the same, with a wait of 5 s for records that nobody wants.
    const consumer = this.#client.consumer({ groupId: this.#id, maxWaitTimeInMs: 50 });
    const joined = Promise.withResolvers<unknown>();
    consumer.on(consumer.events.GROUP_JOIN, joined.resolve);
    try {
      await consumer.connect();
      await consumer.subscribe({ topic });
      await consumer.run({ autoCommit: false, eachMessage: async () => {} });
      await joined.promise;
      await consumer.commitOffsets([{ topic, partition, offset: String(offset) }]);
    } finally {
      await consumer.disconnect();
    }
  }

  /** Resolves when that many members share the partitions. */
  async settled(members: number): Promise<void> {
    await this.#wait(`the group to be stable with ${members} members`, 10_000, async () => {
      expectSame('the group', await this.look(), { state: 'Stable', members });
      return true;
    });
  }

  /** Offsets of the group, by partition. */
  async lag(): Promise<PartitionLag[]> {
    return this.#kafka.lag(GROUP, EVENTS);
  }

  /** Resolves when the group has committed the end of these partitions (of all, unless told). */
  async caughtUp({
    partitions,
    within = 10_000,
    hopeless = () => undefined,
  }: {
    partitions?: readonly number[];
    within?: number;
    /** Says why there is no more to wait for, when that is so. */
    hopeless?: () => string | undefined;
  } = {}): Promise<void> {
    const which = partitions ? `partitions ${partitions.join(', ')}` : 'every partition';
    let [seenAt, looks] = [performance.now(), 0];
    await this.#wait(`lag 0 in ${which}`, within, async () => {
      const behind = (await this.lag()).flatMap(({ partition, committed = 0, end, lag }) =>
        lag > 0 && (partitions?.includes(partition) ?? true)
          ? [`partition ${partition} at ${committed} of ${end}`]
          : [],
      );
      if (behind.length === 0) return true;
      const told = `behind: ${behind.join(', ')}`;
      const why = hopeless();
      if (why !== undefined) return `${told}; ${why}`;
      looks += 1;
      if (looks % 8 === 0) {
        if ((await this.look()).members > 0) seenAt = performance.now();
        else if (performance.now() - seenAt > DESERTED_MS)
          return `${told}; the group has no members`;
      }
      expect.fail(told);
    });
  }

  /** As an operator's reset to the earliest offset: what the group committed is forgotten. */
  async forgetOffsets(): Promise<void> {
    await eventually(`the group to have no members, for its offsets to be reset`, async () => {
      const { state } = await this.look();
      return state === 'Empty' || state === 'Dead';
    });
    await this.#admin.deleteGroups([this.#id]);
  }

  /** `look` answers true, or why there is no more to wait for. */
  async #wait(what: string, within: number, look: () => Promise<true | string>): Promise<void> {
    try {
      const seen = await eventually(what, look, { within: Math.min(within, this.#patience) });
      if (seen !== true) expect.fail(`Waited for ${what}; ${seen}.`);
    } catch (error) {
      // Who is stuck once stays so: the first failure says why, and later ones need not be waited for.
      this.#patience = STUCK_MS;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }
}

import type { KafkaProbe, Lease, PartitionLag } from '@backend-labs/testkit';
import { eventually, expect } from '@backend-labs/testkit';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { EVENTS, GROUP } from './names.ts';

const STUCK_MS = 500;

/** The projector's group as the broker sees it. */
export class Group implements AsyncDisposable {
  readonly #admin: Admin;
  readonly #kafka: KafkaProbe;
  readonly #id: string;
  /** The longest that is waited from now on. */
  #patience = Infinity;

  private constructor(admin: Admin, probe: KafkaProbe) {
    this.#admin = admin;
    this.#kafka = probe;
    this.#id = probe.name(GROUP);
  }

  static async of(lease: Lease, probe: KafkaProbe): Promise<Group> {
    const admin = new Kafka({
      clientId: 'group-of-the-test',
      brokers: [...(lease.kafka?.brokers ?? [])],
      retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 10 },
      logLevel: logLevel.NOTHING,
    }).admin();
    await admin.connect();
    return new Group(admin, probe);
  }

  /** `Stable`, `PreparingRebalance`, `Empty`, `Dead`, …, and how many members it has. */
  async look(): Promise<{ state: string; members: number }> {
    const { groups } = await this.#admin.describeGroups([this.#id]);
    const [group] = groups;
    return { state: group?.state ?? 'Dead', members: group?.members.length ?? 0 };
  }

  /** Resolves when that many members share the partitions. */
  async settled(members: number): Promise<void> {
    await this.#wait(`the group to be stable with ${members} members`, 10_000, async () => {
      expect(await this.look()).toEqual({ state: 'Stable', members });
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
  }: { partitions?: readonly number[]; within?: number } = {}): Promise<void> {
    const which = partitions ? `partitions ${partitions.join(', ')}` : 'every partition';
    await this.#wait(`lag 0 in ${which}`, within, async () => {
      const behind = (await this.lag()).filter(
        ({ partition, lag }) => lag > 0 && (partitions?.includes(partition) ?? true),
      );
      expect(behind, 'partitions that the group is behind in').toEqual([]);
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

  async #wait(what: string, within: number, look: () => Promise<void>): Promise<void> {
    try {
      await eventually(what, () => look().then(() => true), {
        within: Math.min(within, this.#patience),
      });
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

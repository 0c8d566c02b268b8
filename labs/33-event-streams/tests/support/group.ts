import { eventually, expect, type KafkaGroup, type PartitionLag } from '@backend-labs/testkit';
import { expectSame } from './same.ts';
import { EVENTS } from './names.ts';

const STUCK_MS = 500;
/** Far above the 6 s session of the member that sets an offset, should it fail to leave. */
const GONE_WITHIN_MS = 30_000;
/** Far above what an instance needs, even if the broker has just been started and makes its first group. */
const JOINED_WITHIN_MS = 30_000;
/** A group that is empty for so long stays empty. A member that starts again is back earlier. */
const DESERTED_MS = 2000;

/** The projector's group, and what is waited for there. */
export class Group {
  readonly #kafka: KafkaGroup;
  /** The longest that is waited from now on. */
  #patience = Infinity;

  constructor(kafka: KafkaGroup) {
    this.#kafka = kafka;
  }

  /** Ids of the members. One that was put out and joins again has another. */
  async members(): Promise<readonly string[]> {
    return (await this.#kafka.describe()).members;
  }

  /** Offsets of the group, by partition. */
  lag(): Promise<PartitionLag[]> {
    return this.#kafka.lag(EVENTS);
  }

  /** As an operator who sets an offset; nobody may be in the group. */
  async setOffset(partition: number, offset: number): Promise<void> {
    await this.#kafka.setOffset(EVENTS, partition, offset);
    // A member that could not leave holds partitions until its session ends.
    await this.#wait('the group to be empty again', GONE_WITHIN_MS, async () => {
      expectSame('its state', (await this.#kafka.describe()).state, 'Empty');
      return true;
    });
  }

  /** Resolves when there is a member, and the partitions are shared out. */
  async joined(): Promise<void> {
    await this.#wait('an instance to join the group', JOINED_WITHIN_MS, async () => {
      const { state, members } = await this.#kafka.describe();
      expectSame('the state of the group', state, 'Stable');
      expect(members.length, 'members of the group').toBeGreaterThan(0);
      return true;
    });
  }

  /** Waits as long as at first again: what was in the way is out of it. */
  forgive(): void {
    this.#patience = Infinity;
  }

  /** Resolves when that many members share the partitions. */
  async settled(members: number): Promise<void> {
    await this.#wait(`the group to be stable with ${members} members`, 10_000, async () => {
      const seen = await this.#kafka.describe();
      const look = { state: seen.state, members: seen.members.length };
      expectSame('the group', look, { state: 'Stable', members });
      return true;
    });
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
        if ((await this.members()).length > 0) seenAt = performance.now();
        else if (performance.now() - seenAt > DESERTED_MS)
          return `${told}; the group has no members`;
      }
      expect.fail(told);
    });
  }

  /** As an operator's reset to the earliest offset: what the group committed is forgotten. */
  async forgetOffsets(): Promise<void> {
    await eventually(`the group to have no members, for its offsets to be reset`, async () => {
      const { state } = await this.#kafka.describe();
      return state === 'Empty' || state === 'Dead';
    });
    await this.#kafka.delete();
  }

  /** `look` answers true, or why there is no more to wait for. */
  async #wait(what: string, within: number, look: () => Promise<true | string>): Promise<void> {
    try {
      const seen = await eventually(what, look, { within: Math.min(within, this.#patience) });
      if (seen !== true) expect.fail(`Waited for ${what}; ${seen}.`);
    } catch (error) {
      // A group that is stuck once stays stuck: the first failure says why, and later ones need no wait.
      this.#patience = STUCK_MS;
      throw error;
    }
  }
}

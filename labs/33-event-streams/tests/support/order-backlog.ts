import { gate, type NewRecord } from '@backend-labs/testkit';
import { test as base } from './billing.ts';
import { DAY_AFTER, planChanged, records, stored } from './events.ts';
import { EVENTS } from './names.ts';
import { SIZE } from './storage.ts';

/** A small partition that must not wait for any other. The group has committed nothing there. */
export const NEAR_IN = 0;
export const near = [1, 2, 3].map((size) => stored('near', size));

/** Five accounts in five partitions. The first event of each waits for the storage. */
export const FAR = [1, 2, 3, 4, 5];
export const far = FAR.map((n) => [
  stored(`far-${n}`, `slow-${n}`),
  planChanged(`far-${n}`, 'pro'),
  // On a day of its own: on the same day, the two uploads could change places unseen.
  { ...stored(`far-${n}`, `quick-${n}`), at: `${DAY_AFTER}T10:00:00.000Z` },
]);

const backlog: NewRecord[] = [
  ...records(NEAR_IN, near),
  ...far.flatMap((events, index) => records(index + 1, events)),
];

/** `billing`: one instance that finds all of that when it starts, and the gate of the slow events. */
export const test = base.extend(
  'billing',
  { scope: 'file' },
  async ({ topics, storage, group, projector, cleanup }) => {
    const slow = gate(FAR.length, { opens: 'by hand' });
    // A consumer that asks again, after a failure in another partition, is held as well.
    const again = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
    for (const n of FAR) {
      storage.when(`slow-${n}`, async (time) => {
        await (time === 1 ? slow : again).arrive();
        return SIZE;
      });
    }
    await topics.produce(EVENTS, backlog);
    for (const partition of FAR) await group.setOffset(partition, 0);
    const service = await projector.start();
    const release = (): void => {
      slow.open();
      again.open();
    };
    cleanup.defer(async () => {
      release();
      await service[Symbol.asyncDispose]();
    });
    return { service, slow, release };
  },
);

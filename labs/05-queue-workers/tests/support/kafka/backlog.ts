import { randomUUID } from 'node:crypto';
import { gate, type KafkaRecord, type NewRecord, type Reply } from '@backend-labs/testkit';
import { test as base } from './billing.ts';
import { DAY_AFTER, planChanged, records, stored } from './events.ts';
import { DEAD_LETTERS, EVENTS } from './names.ts';
import { SIZE } from './storage.ts';

/** A small partition that must not wait for any other. The group has committed nothing there. */
export const near = [1, 2, 3].map((size) => stored('near', size));

/** Five accounts in five partitions. The first event of each waits for the storage. */
export const FAR = [1, 2, 3, 4, 5];
export const far = FAR.map((n) => [
  stored(`far-${n}`, `slow-${n}`),
  planChanged(`far-${n}`, 'pro'),
  // On a day of its own, or in usage the two uploads could change places unseen.
  { ...stored(`far-${n}`, `quick-${n}`), at: `${DAY_AFTER}T10:00:00.000Z` },
]);

/** No index can hold it, and no compression helps. */
const LONG = Array.from({ length: 96 }, () => randomUUID()).join('');

const BYTES = Buffer.from([0xff, 0x00, 0x80]);

/** Behind those of far-3. */
export const BAD_IN = 3;
const bad = [
  '{"id": "b-1", "type": "media.sto',
  'null',
  { ...stored('far-3', 10), type: 'media.deleted' },
  { ...stored('far-3', 10), accountId: undefined },
  { ...stored('far-3', -10) },
  { ...stored('far-3', 10), at: 'yesterday' },
  { ...stored('far-3', 10), at: null },
  { ...stored('far-3', 10), at: 5 },
  { ...stored('far-3', 'o-77'), bytes: null },
  // No database keeps these, and no URL.
  { ...stored('far-3', 10), accountId: 'far-3\0' },
  { ...stored('far-3', 10), at: '+012345-01-01T00:00:00Z' },
  { ...stored('far-3', '\ud800') },
  { ...stored('far-3', 10), id: LONG },
  { ...stored('far-3', 10), accountId: LONG },
  { ...stored('far-3', 'gone') },
];
export const behindTheBad = stored('far-3', 333);

/** Behind those of far-4: the storage fails more often than most give a thing to try. */
const NO_WHOLE_ANSWER: readonly Reply[] = [
  'reset',
  // The same in the middle of the answer, with its length told before, and without.
  { headers: { 'content-length': '20', connection: 'close' }, body: '{"byt' },
  { headers: { 'transfer-encoding': 'identity', connection: 'close' }, body: '{"byt' },
];
/** None of these speaks of the object. */
const UNAVAILABLE = [503, 429, 500, 401, 503];
export const FAILURES = { unavailable: UNAVAILABLE.length, unreachable: NO_WHOLE_ANSWER.length };
export const SHAKY_IN = 4;
export const unavailable = stored('shaky', 'unavailable');
const unreachable = stored('shaky', 'unreachable');
export const shaky = [unavailable, unreachable, planChanged('shaky', 'team'), stored('shaky', 44)];

export const badRecords: NewRecord[] = [
  ...bad.map((value, n) => ({ key: 'far-3', value, headers: { trace: `t-${n}` } })),
  // A tombstone, and one that is no text in any of its parts, or has none.
  { key: 'far-3', value: null, headers: { trace: 't-null' } },
  { key: null, value: Buffer.from('{"id": "b-\u00ff', 'latin1'), headers: { trace: BYTES } },
  { key: BYTES, value: 'no event', headers: { trace: 't-key' } },
].map((record) => ({ ...record, partition: BAD_IN }));

export const backlog: NewRecord[] = [
  ...records(0, near),
  ...far.flatMap((events, index) => records(index + 1, events)),
  ...badRecords,
  ...records(BAD_IN, [behindTheBad]),
  ...records(SHAKY_IN, shaky),
];

const farIn = (partition: number): number => far[partition - 1]?.length ?? 0;
/** Offset of the first bad record. */
export const FIRST_BAD = farIn(BAD_IN);
/** Offset of the event at which the storage breaks the connection. */
export const UNREACHABLE = farIn(SHAKY_IN) + shaky.indexOf(unreachable);

/** `billing`: one instance that finds all of that when it comes, and the gate of the slow ones. */
export const test = base.extend(
  'billing',
  { scope: 'file' },
  async ({ topics, storage, group, projector, cleanup }) => {
    const slow = gate(FAR.length, { opens: 'by hand' });
    // Who asks again, after a failure in another partition, is held as well.
    const again = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
    for (const n of FAR) {
      storage.when(`slow-${n}`, async (time) => {
        await (time === 1 ? slow : again).arrive();
        return SIZE;
      });
    }
    storage.when('gone', (time) => ({ status: time === 1 ? 503 : 404 }));
    storage.when('unavailable', (time) => {
      const status = UNAVAILABLE[time - 1];
      return status === undefined ? SIZE : { status };
    });
    storage.when('unreachable', (time) => NO_WHOLE_ANSWER[time - 1] ?? SIZE);
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
    let parked: readonly KafkaRecord[] = [];
    return {
      service,
      slow,
      release,
      /** What is in the dead letter topic. Reading takes a group of its own: only when there is more. */
      async parked(): Promise<readonly KafkaRecord[]> {
        const [end] = await topics.endOffsets(DEAD_LETTERS);
        if (end !== parked.length) parked = await topics.read(DEAD_LETTERS);
        return parked;
      },
    };
  },
);

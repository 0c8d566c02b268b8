import { randomUUID } from 'node:crypto';
import type { KafkaRecord, NewRecord, Reply } from '@backend-labs/testkit';
import { test as base } from './billing.ts';
import { planChanged, records, stored } from './events.ts';
import { DEAD_LETTERS, EVENTS } from './names.ts';
import { SIZE } from './storage.ts';

/** The ticket's bound, in characters. */
const LONGEST = 200;
/** No index can hold it, and no compression helps. */
const LONG = Array.from({ length: 96 }, () => randomUUID()).join('');

const BYTES = Buffer.from([0xff, 0x00, 0x80]);

export const BAD_IN = 3;
const beforeTheBad = stored('orbit', 111);
const bad = [
  '{"id": "b-1", "type": "file.sto',
  'null',
  { ...stored('orbit', 10), type: undefined },
  { ...stored('orbit', 10), accountId: undefined },
  { ...stored('orbit', -10) },
  { ...stored('orbit', 10), at: 'yesterday' },
  { ...stored('orbit', 10), at: null },
  { ...stored('orbit', 10), at: 5 },
  { ...stored('orbit', 'o-77'), bytes: null },
  // No database keeps these, and no URL.
  { ...stored('orbit', 10), accountId: 'orbit\0' },
  { ...stored('orbit', 10), at: '+012345-01-01T00:00:00Z' },
  { ...stored('orbit', '\ud800') },
  { ...stored('orbit', 10), id: LONG },
  { ...stored('orbit', 10), accountId: LONG },
  { ...stored('orbit', 10), id: 'i'.repeat(LONGEST + 1) },
  { ...stored('orbit', 10), accountId: '' },
  { ...stored('orbit', 10), at: '0000-06-01T00:00:00Z' },
  { ...stored('orbit', 'gone') },
];
const behindTheBad = stored('orbit', 333);
/** An event still. */
const longest = { ...stored('orbit', 222), id: 'i'.repeat(LONGEST) };
/** The events in the partition of the bad records. */
export const good = [beforeTheBad, behindTheBad, longest];
/** Offset of the first bad record. */
export const FIRST_BAD = 1;

export const badRecords: NewRecord[] = [
  ...bad.map((value, n) => ({ key: 'orbit', value, headers: { trace: `t-${n}` } })),
  // A tombstone, and one whose parts are not text, or are missing.
  { key: 'orbit', value: null, headers: { trace: 't-null' } },
  { key: null, value: Buffer.from('{"id": "b-\u00ff', 'latin1'), headers: { trace: BYTES } },
  { key: BYTES, value: 'no event', headers: { trace: 't-key' } },
].map((record) => ({ ...record, partition: BAD_IN }));

/** The storage breaks the connection: before an answer, or in the middle, with its length told or not. */
const NO_WHOLE_ANSWER: readonly Reply[] = [
  'reset',
  { headers: { 'content-length': '20', connection: 'close' }, body: '{"byt' },
  { headers: { 'transfer-encoding': 'identity', connection: 'close' }, body: '{"byt' },
];
/** None of these is about the object. More of them than most programs retry. */
const UNAVAILABLE = [503, 429, 500, 401, 503];
export const FAILURES = { unavailable: UNAVAILABLE.length, unreachable: NO_WHOLE_ANSWER.length };
export const SHAKY_IN = 4;
export const unavailable = stored('shaky', 'unavailable');
const unreachable = stored('shaky', 'unreachable');
export const shaky = [unavailable, unreachable, planChanged('shaky', 'team'), stored('shaky', 44)];
/** Offset of the event at which the storage breaks the connection. */
export const UNREACHABLE = shaky.indexOf(unreachable);

/** Postgres refuses the first rows of this account, and takes the ones after them. */
export const refused = [
  stored('refused', 50),
  planChanged('refused', 'pro'),
  stored('refused', 60),
];
export const REFUSED_IN = 5;
export const REFUSALS = 2;
/** Not undone by a rollback: a sequence counts how often a row was refused. */
const REFUSE = `
  CREATE SEQUENCE refusals;
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF nextval('refusals') > ${REFUSALS} THEN RETURN NEW; END IF;
      RAISE lock_not_available USING MESSAGE = 'canceling statement due to lock timeout';
    END
  $$;
  CREATE TRIGGER refuse BEFORE INSERT ON usage FOR EACH ROW
    WHEN (NEW.account_id = 'refused') EXECUTE FUNCTION refuse()`;

const backlog: NewRecord[] = [
  ...records(BAD_IN, [beforeTheBad]),
  ...badRecords,
  ...records(BAD_IN, [behindTheBad, longest]),
  ...records(SHAKY_IN, shaky),
  ...records(REFUSED_IN, refused),
];

/** `billing`: one instance that finds all of that when it starts. */
export const test = base.extend(
  'billing',
  { scope: 'file' },
  async ({ topics, storage, postgres, projector, cleanup }) => {
    storage.when('gone', (time) => ({ status: time === 1 ? 503 : 404 }));
    storage.when('unavailable', (time) => {
      const status = UNAVAILABLE[time - 1];
      // A body that looks like the right one says nothing if the status is another.
      return status === undefined ? SIZE : { status, body: { bytes: 0 } };
    });
    storage.when('unreachable', (time) => NO_WHOLE_ANSWER[time - 1] ?? SIZE);
    await postgres.query(REFUSE);
    await topics.produce(EVENTS, backlog);
    const service = cleanup.use(await projector.start());
    let parked: readonly KafkaRecord[] = [];
    return {
      service,
      /** The records of the dead letter topic. Reading takes a group of its own: only if there are more. */
      async parked(): Promise<readonly KafkaRecord[]> {
        const [end] = await topics.endOffsets(DEAD_LETTERS);
        if (end !== parked.length) parked = await topics.read(DEAD_LETTERS);
        return parked;
      },
    };
  },
);

import { each, explain, expect, judges, type KafkaRecord, lesson } from '@backend-labs/testkit';
import {
  BAD_IN,
  badRecords,
  FAILURES,
  FIRST_BAD,
  good,
  REFUSALS,
  refused,
  REFUSED_IN,
  SHAKY_IN,
  shaky,
  test,
  unavailable,
  UNREACHABLE,
} from './support/bad-backlog.ts';
import { golden, settledUsage } from './support/events.ts';
import { DEAD_LETTERS, EVENTS } from './support/names.ts';
import { expectSame } from './support/same.ts';
import { shown, shownValue } from './support/shown.ts';

/** The ticket's bounds, in ms. */
const IN_TIME = 10_000;
const FAILURES_WITHIN = 60_000;
const TWO_FAILURES_WITHIN = 20_000;

test(
  'the events behind bad records are applied',
  judges('3.2'),
  async ({ billing: _billing, group, postgres }) => {
    await explain(
      () => group.caughtUp({ partitions: [BAD_IN], within: IN_TIME }),
      async () => {
        const stuck = (await group.lag())[BAD_IN];
        const at = (stuck?.committed ?? 0) - FIRST_BAD;
        const record = badRecords[at];
        if (!record) return;
        const members = (await group.members()).length;
        lesson('eachmessage-throw', {
          observed: `Partition ${BAD_IN} is committed to offset ${stuck?.committed}, and ends at ${stuck?.end}. The record at ${stuck?.committed} is bad: ${shownValue(record.value).slice(0, 80)}. The group has ${members} members.`,
          meaning:
            'If the handler throws, the record comes again, and the handler throws again. There is no way around a record in its partition: everything behind it waits. And kafkajs takes the errors of JSON.parse for a bug: it stops consuming for good, while the process lives on.',
          lookAt:
            'which failures no retry can fix, because the record itself is at fault, and where such a record should go.',
        });
      },
    );
    const what = 'usage of the account that had bad records';
    expectSame(what, await settledUsage(postgres, good), golden(good));
  },
);

test('a bad record is parked as it was', judges('3.1'), async ({ billing, group }) => {
  const passed = await group.caughtUp({ partitions: [BAD_IN], within: IN_TIME }).then(
    () => true,
    () => false,
  );
  const all = await billing.parked();
  const parked = new Map(
    all
      .filter(({ headers }) => headers['dlt-partition'] === String(BAD_IN))
      .map((record) => [record.headers['dlt-offset'] ?? '', record]),
  );
  await explain(
    () =>
      each('bad records', badRecords.entries(), ([n, { key, value, headers: sent }]) => {
        const offset = FIRST_BAD + n;
        const record = parked.get(String(offset));
        const shownRecord = shownValue(value).slice(0, 80);
        if (!record) {
          expect.fail(`the one at offset ${offset}, ${shownRecord}, is not in ${DEAD_LETTERS}`);
        }
        const what = `of the parked record that had offset ${offset}`;
        const { bytes } = record;
        expectSame(`key ${what}`, shown(bytes.key), shown(key));
        expectSame(`value ${what}`, shown(bytes.value), shownValue(value));
        expectSame(`header trace ${what}`, shown(bytes.headers['trace']), shown(sent?.['trace']));
        expect(record.headers['dlt-reason'] ?? '', `header dlt-reason ${what}`).toMatch(/./u);
      }),
    () => {
      if (all.length > 0 || !passed) return;
      lesson('skipped-not-parked', {
        observed: `The group has passed ${badRecords.length} bad records of partition ${BAD_IN}, and ${DEAD_LETTERS} is empty.`,
        meaning:
          'A record that was skipped and logged is gone with the log. Nobody can look at it, fix it and send it again, and an invoice is too low without anybody knowing.',
        lookAt: 'where a bad record must be before its offset may be committed.',
      });
    },
  );
});

test(
  'an event is retried in its place while the storage fails',
  judges('3.3'),
  async ({ billing, group, storage, topics, postgres }) => {
    await explain(
      () => group.caughtUp({ partitions: [SHAKY_IN], within: FAILURES_WITHIN }),
      async () => {
        const lag = await group.lag();
        const stuck = lag[SHAKY_IN];
        // If a bad record blocks its partition as well, either of the two may have ended the consumer.
        if (stuck?.committed !== UNREACHABLE || lag[BAD_IN]?.lag !== 0) return;
        const members = (await group.members()).length;
        const { status } = await billing.service.get('/healthz');
        if (storage.asked('unreachable') === 0 || members > 0 || status !== 200) return;
        lesson('consumer-died-quietly', {
          observed: `The storage broke the connection when the projector requested the object "unreachable". The projector requested it ${storage.asked('unreachable')} time. Now the group has no member, partition ${SHAKY_IN} stays at that event, and GET /healthz answers ${status}.`,
          meaning:
            'fetch fails with a TypeError if there is no answer. kafkajs takes a TypeError for a bug that no retry can fix: it stops the consumer for good, and the process lives on.',
          lookAt: 'how kafkajs treats an error by its name, and its CRASH event.',
        });
      },
    );
    const parked = (await billing.parked()).filter(({ key }) => key === 'shaky');
    await explain(
      () =>
        expectSame(
          `events in ${DEAD_LETTERS} that were not at fault`,
          parked.map(({ text }) => text),
          [],
        ),
      () => {
        lesson('parks-a-passing-failure', {
          observed: `The storage fails at the first ${FAILURES.unavailable} requests for one event of the account shaky and at the first ${FAILURES.unreachable} for another. Then it answers. In ${DEAD_LETTERS} there are ${parked.length} records of this account: ${parked.map(({ headers }) => headers['dlt-reason']).join('; ')}.`,
          meaning:
            'Two kinds of failure look alike in a catch block. A record that is not an event fails for ever. A good record fails until the storage is back. If you park the second kind, an outage of a minute leaves thousands of records to sort out by hand.',
          lookAt: 'which errors say something about the record itself.',
        });
      },
    );
    const actual = await settledUsage(postgres, shaky);
    await explain(
      () =>
        expectSame(
          'usage of an account whose first events had to be tried again',
          actual,
          golden(shaky),
        ),
      async () => {
        const sent = (await topics.read(EVENTS)).filter(({ key }) => key === 'shaky');
        const again = sent.filter((record) => isAt(record, unavailable.id));
        if (again.length < 2) return;
        lesson('requeue-at-end', {
          observed: `Event ${unavailable.id} is on the topic ${again.length} times, at offsets ${again.map(({ offset }) => offset).join(' and ')}. The plan of its account changed in between, and usage says ${actual.join(' and ')} instead of ${golden(shaky).join(' and ')}.`,
          meaning:
            'A record that is sent again goes to the end of its partition, behind everything that came after it. For a queue of jobs that is fine. Here, the place of an event is part of its meaning.',
          lookAt: 'which events must wait while one is retried, and which need not.',
        });
      },
    );
  },
);

test(
  'an event is retried in its place while Postgres refuses it',
  judges('3.3'),
  async ({ billing: _billing, group, postgres }) => {
    await group.caughtUp({ partitions: [REFUSED_IN], within: TWO_FAILURES_WITHIN });
    const what = `usage of an account whose row Postgres refused ${REFUSALS} times ("canceling statement due to lock timeout")`;
    expectSame(what, await settledUsage(postgres, refused), golden(refused));
  },
);

function isAt({ json }: KafkaRecord, id: string): boolean {
  return typeof json === 'object' && json !== null && 'id' in json && json.id === id;
}

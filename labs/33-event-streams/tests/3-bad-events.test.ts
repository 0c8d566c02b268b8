import { each, explain, expect, judges, type KafkaRecord, lesson } from '@backend-labs/testkit';
import {
  BAD_IN,
  badRecords,
  FAILURES,
  FIRST_BAD,
  good,
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

test(
  'what is behind bad records is applied',
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
          observed: `Partition ${BAD_IN} is committed to offset ${stuck?.committed}, and ends at ${stuck?.end}. The record at ${stuck?.committed} is a bad one: ${shownValue(record.value).slice(0, 80)}. The group has ${members} members.`,
          meaning:
            'A handler that throws has not handled its record, so that it comes again, and throws again. In a partition there is no way around the next record: everything behind it waits. And what JSON.parse throws kafkajs takes for a bug: it stops consuming for good, while the process lives on.',
          lookAt:
            "which failures are the record's own, that no retry can fix, and where such a record should go.",
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
          'A record that was skipped and logged is gone with the log: nobody can look at it, fix it and send it again, and an invoice is short without anybody knowing.',
        lookAt: 'what must have happened to a bad record before its offset may be committed.',
      });
    },
  );
});

test(
  'a failure that passes parks nothing and changes no order',
  judges('3.3'),
  async ({ billing, group, storage, topics, postgres }) => {
    await explain(
      () => group.caughtUp({ partitions: [SHAKY_IN], within: FAILURES_WITHIN }),
      async () => {
        const lag = await group.lag();
        const stuck = lag[SHAKY_IN];
        // Where a bad record is in the way as well, either may have ended the consumer.
        if (stuck?.committed !== UNREACHABLE || lag[BAD_IN]?.lag !== 0) return;
        const members = (await group.members()).length;
        const { status } = await billing.service.get('/healthz');
        if (storage.asked('unreachable') === 0 || members > 0 || status !== 200) return;
        lesson('consumer-died-quietly', {
          observed: `The storage broke the connection when it was asked for the size of "unreachable"; it was asked ${storage.asked('unreachable')} time in all. Now the group has no member, partition ${SHAKY_IN} stands at that event, and GET /healthz answers ${status}.`,
          meaning:
            'fetch fails with a TypeError when there is no answer. kafkajs takes a TypeError for a bug that no retry can fix: it stops the consumer for good, and nothing ends the process.',
          lookAt: 'what kafkajs makes of an error by its name, and its CRASH event.',
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
        lesson('parks-what-would-heal', {
          observed: `The storage failed ${FAILURES.unavailable} times for one event of account shaky and ${FAILURES.unreachable} times for another; it had their sizes at the next try. They lie in ${DEAD_LETTERS}: ${parked.map(({ headers }) => headers['dlt-reason']).join('; ')}.`,
          meaning:
            'Two kinds of failure look alike in a catch block. A record that is no event fails for ever; one that met a storage that was down fails until the storage is back. Parking the second kind turns an outage of a minute into thousands of records to sort out by hand.',
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
          observed: `Event ${unavailable.id} stands on the topic ${again.length} times, at offsets ${again.map(({ offset }) => offset).join(' and ')}. The plan of its account changed in between, and usage says ${actual.join(' and ')} instead of ${golden(shaky).join(' and ')}.`,
          meaning:
            'What is sent again goes to the end of its partition, behind everything that came after it. With a queue of jobs that is fine; here the place of an event is its meaning.',
          lookAt: 'what has to wait while an event is tried again, and what does not.',
        });
      },
    );
  },
);

function isAt({ json }: KafkaRecord, id: string): boolean {
  return typeof json === 'object' && json !== null && 'id' in json && json.id === id;
}

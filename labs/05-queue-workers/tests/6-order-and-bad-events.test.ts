import {
  eventually,
  explain,
  expect,
  happens,
  type KafkaRecord,
  lesson,
} from '@backend-labs/testkit';
import {
  backlog,
  BAD_IN,
  badRecords,
  behindTheBad,
  FAILURES,
  far,
  FAR,
  FIRST_BAD,
  near,
  SHAKY_IN,
  shaky,
  test,
  unavailable,
  UNREACHABLE,
} from './support/kafka/backlog.ts';
import { golden, records, settledUsage, stored, usage } from './support/kafka/events.ts';
import { DEAD_LETTERS, EVENTS } from './support/kafka/names.ts';
import { shown, shownValue } from './support/kafka/shown.ts';
import { expectSame } from './support/same.ts';

test('partitions do not wait for one another', async ({ billing, group, topics, postgres }) => {
  await explain(
    () => billing.slow.reached(FAR.length, { within: 3000 }),
    async () => {
      if (billing.slow.arrived === 1) {
        lesson('one-partition-at-a-time', {
          observed: `The storage holds back its answer for one event, and in ${FAR.length - 1} other partitions nothing moves: the size of 1 object was asked for, of ${FAR.length} that lie first in their partitions.`,
          meaning:
            'The order that matters is that of one account, and an account lives in one partition. Taking one partition after the other adds no order that anybody asked for, and makes all customers wait for the slowest.',
          lookAt:
            'how many partitions the consumer works on at a time; kafkajs says 1 unless told.',
        });
      }
      if (billing.slow.arrived === 0) {
        const late = stored('late', 1);
        await topics.produce(EVENTS, records(1, [late]));
        await eventually('an event that comes now', async () => (await usage(postgres, 'late'))[0]);
        const [, first] = await group.lag();
        lesson('from-latest', {
          observed: `${backlog.length} events were on the topic when the projector started for the first time; the size of none was asked for. An event that came later is in usage at once, and partition 1 is committed to ${first?.committed}.`,
          meaning:
            'A group that has committed nothing has to begin somewhere, and kafkajs begins at the end unless told: whatever came before the first start, or after the offsets were lost, is passed over in silence.',
          lookAt: 'where a subscription begins when there is no committed offset.',
        });
      }
    },
  );
  await eventually('the events of an account in a sixth partition in usage', async () => {
    expect(await usage(postgres, 'near')).toEqual(golden(near));
    return true;
  });
});

test('the events of an account are applied in their order', async ({
  billing,
  storage,
  group,
  topics,
  postgres,
}) => {
  // Who takes a batch side by side has asked for all of it before it comes to an event of now.
  await topics.produce(EVENTS, records(0, [stored('now', 1)]));
  await happens(async () => (await usage(postgres, 'now')).length > 0, { within: 5_000 });
  const ahead = storage.asked('quick-1') > 0;
  // Who asks ahead may well apply in order. Who does not has had the time to show it.
  if (ahead) {
    await happens(async () => (await usage(postgres, 'far-1')).length > 0, { within: 5_000 });
  }
  const overtaken = await usage(postgres, 'far-1');
  billing.release();
  await group.caughtUp({ partitions: [0, 1, 2, 5] });
  const events = [far[0], far[1], far[4]].flatMap((some) => some ?? []);
  const actual = await settledUsage(postgres, events);
  await explain(
    () => expectSame('usage of three accounts that changed their plan', actual, golden(events)),
    () => {
      if (!ahead || overtaken.length === 0) return;
      lesson('batch-in-parallel', {
        observed: `While the size of far-1's first upload was still being asked for, its third event was in usage already (${overtaken.join(', ')}). In the end usage says ${actual.filter((row) => row.startsWith('far-1 ')).join(' and ')}; in their order the events come to ${golden(far[0] ?? []).join(' and ')}.`,
        meaning:
          'A partition is ordered as it is read. Handling the records of a batch all at once gives that order away: whichever is quickest comes first, and an upload is billed under a plan that came after it.',
        lookAt: 'what may go side by side: partitions, or the records of one?',
      });
    },
  );
});

test('a bad record is parked, and those behind it are applied', async ({
  billing,
  group,
  postgres,
}) => {
  expect(billing.service.running, 'the projector runs').toBe(true);
  await explain(
    () => group.caughtUp({ partitions: [BAD_IN], within: 3000 }),
    async () => {
      const stuck = (await group.lag())[BAD_IN];
      const at = (stuck?.committed ?? 0) - FIRST_BAD;
      const record = badRecords[at];
      if (!record) return;
      const members = (await group.members()).length;
      lesson('eachmessage-throw', {
        observed: `Partition ${BAD_IN} is committed to offset ${stuck?.committed}, and ends at ${stuck?.end}. The record at ${stuck?.committed} is a bad one: ${shownValue(record.value)}. The group has ${members} members.`,
        meaning:
          'A handler that throws has not handled its record, so that it comes again, and throws again. In a partition there is no way around the next record: everything behind it waits. And what JSON.parse throws kafkajs takes for a bug: it stops consuming for good, while the process lives on.',
        lookAt:
          "which failures are the record's own, that no retry can mend, and where such a record should go.",
      });
    },
  );
  const parked = new Map(
    (await billing.parked())
      .filter(({ headers }) => headers['dlt-partition'] === String(BAD_IN))
      .map((record) => [record.headers['dlt-offset'] ?? '', record]),
  );
  const expected = badRecords.map((_, n) => String(FIRST_BAD + n));
  await explain(
    () =>
      expectSame(
        `offsets of bad records of partition ${BAD_IN} that are in ${DEAD_LETTERS}`,
        expected.filter((offset) => parked.has(offset)),
        expected,
      ),
    async () => {
      if ((await billing.parked()).length > 0) return;
      lesson('skipped-not-parked', {
        observed: `The group has passed ${badRecords.length} bad records of partition ${BAD_IN}, and ${DEAD_LETTERS} is empty.`,
        meaning:
          'A record that was skipped and logged is gone with the log: nobody can look at it, mend it and send it again, and an invoice is short without anybody knowing.',
        lookAt: 'what must have happened to a bad record before its offset may be committed.',
      });
    },
  );
  for (const [n, { key, value, headers: sent }] of badRecords.entries()) {
    const what = `of the parked record that had offset ${FIRST_BAD + n}`;
    const record = parked.get(String(FIRST_BAD + n));
    const bytes = record?.bytes;
    expectSame(`key ${what}`, shown(bytes?.key), shown(key));
    expectSame(`value ${what}`, shown(bytes?.value), shownValue(value));
    expectSame(`header trace ${what}`, shown(bytes?.headers['trace']), shown(sent?.['trace']));
    expect(record?.headers['dlt-reason'] ?? '', `header dlt-reason ${what}`).toMatch(/./u);
  }
  const events = [...(far[2] ?? []), behindTheBad];
  const usageNow = await settledUsage(postgres, events);
  expectSame('usage of the account that had bad records', usageNow, golden(events));
});

test('a failure that passes parks nothing and changes no order', async ({
  billing,
  group,
  storage,
  topics,
  postgres,
}) => {
  await explain(
    () => group.caughtUp({ partitions: [SHAKY_IN], within: 20_000 }),
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
          'fetch fails with a TypeError when there is no answer. kafkajs takes a TypeError for a bug that no retry can mend: it stops the consumer for good, and nothing ends the process.',
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
});

function isAt({ json }: KafkaRecord, id: string): boolean {
  return typeof json === 'object' && json !== null && 'id' in json && json.id === id;
}

test('POST /events keeps the events of an account together', async ({ billing, topics }) => {
  const { service } = billing;
  const one = Array.from({ length: 10 }, (_, n) => stored('Posted', n));
  const many = Array.from({ length: 24 }, (_, n) => stored(`Posted-${n}`, 1));
  for (const event of one) (await service.post('/events', event)).expect(202);
  await Promise.all(many.map(async (event) => (await service.post('/events', event)).expect(202)));

  const others = [...one.slice(0, 1), ...many].map(({ accountId }) => stored(accountId, 1));
  const keyed = others.map((value) => ({ key: value.accountId, value }));
  await topics.produce(EVENTS, keyed);

  const posted = (await topics.read(EVENTS)).filter(({ text }) => /"posted/iu.test(text ?? ''));
  const placed = new Map(posted.map((record) => [(record.json as { id: string }).id, record]));
  for (const { id } of [...one, ...many]) expect([...placed.keys()]).toContain(id);
  const ofOne = one.flatMap(({ id }) => placed.get(id) ?? []);
  const partitions = [...new Set(ofOne.map(({ partition }) => partition))];
  await explain(
    () => expect(partitions, 'partitions that hold events of one account').toHaveLength(1),
    () => {
      const keys = [...new Set(ofOne.map(({ key }) => key))];
      const where = `${one.length} events of one account, posted one after the other, lie in partitions ${partitions.toSorted((a, b) => a - b).join(', ')}`;
      if (keys.length === 1 && keys[0] === null) {
        lesson('no-key', {
          observed: `${where}; none has a key.`,
          meaning:
            'A record without a key goes to any partition. Six partitions are read side by side, so that nothing says which of two events of an account is applied first.',
          lookAt: 'which records must stay in order, and what a producer makes of a key.',
        });
      }
      if (keys.length > 1) {
        lesson('random-key', {
          observed: `${where}; they have ${keys.length} different keys, such as ${keys.slice(0, 2).join(' and ')}.`,
          meaning:
            'The key chooses the partition, and only within a partition is there an order. A key that differs from event to event spreads the load well and scatters the history of each account.',
          lookAt: 'what the events that must stay in order have in common.',
        });
      }
    },
  );
  expect(
    ofOne.map(({ offset }) => offset),
    'offsets of the events of one account, in the order in which they were posted',
  ).toEqual(ofOne.map(({ offset }) => offset).toSorted((a, b) => a - b));

  const spread = new Set(many.map(({ id }) => placed.get(id)?.partition));
  await explain(
    () =>
      expect(spread.size, 'partitions that hold the events of 24 accounts').toBeGreaterThanOrEqual(
        3,
      ),
    () => {
      const keys = new Set(many.map(({ id }) => placed.get(id)?.key));
      if (spread.size > 1 || keys.size > 1) return;
      lesson('one-partition', {
        observed: `The events of 24 accounts have one key, "${[...keys].join('')}", and lie in one partition of six.`,
        meaning:
          'Order over all accounts is more than anybody needs, and is paid for with everything that partitions are for: one reader at a time, and one bad or slow event before them all.',
        lookAt: 'the smallest thing whose events must stay in order.',
      });
    },
  );

  const partitionOf = (id: string | undefined) => placed.get(id ?? '')?.partition;
  const apart = many.filter(({ id }, n) => partitionOf(id) !== partitionOf(others[n + 1]?.id));
  const strays = partitionOf(one[0]?.id) === partitionOf(others[0]?.id) ? [] : ['Posted'];
  expectSame(
    'accounts whose events lie in one partition when they are posted, and in another when others key them by account',
    [...strays, ...apart.map(({ accountId }) => accountId)],
    [],
  );
});

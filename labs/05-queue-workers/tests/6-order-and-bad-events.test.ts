import {
  Draw,
  each,
  eventually,
  explain,
  expect,
  happens,
  judges,
  type KafkaRecord,
  lesson,
} from '@backend-labs/testkit';
import {
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
  test as base,
  unavailable,
  UNREACHABLE,
} from './support/kafka/backlog.ts';
import { bytesIn, golden, records, settledUsage, stored, usage } from './support/kafka/events.ts';
import { DEAD_LETTERS, EVENTS } from './support/kafka/names.ts';
import { shown, shownValue } from './support/kafka/shown.ts';
import { expectSame } from './support/same.ts';

/** The ticket's bounds, in ms. */
const IN_TIME = 10_000;
const FAILURES_WITHIN = 60_000;
/** Of the account that need not wait. */
const NEAR_IN = 0;

/** `test` with `posted`: events of one account and of many, posted, and keyed by account by somebody else. */
const test = base.extend('posted', { scope: 'file' }, ({ file, run, billing, topics }) =>
  file.once('posted', async () => {
    const { service } = billing;
    const name = `Posted-${new Draw(run.seed, 'posted').word()}`;
    const one = Array.from({ length: 10 }, (_, n) => stored(name, n));
    const many = Array.from({ length: 24 }, (_, n) => stored(`${name}-${n}`, 1));
    for (const event of one) (await service.post('/events', event)).expect(202);
    await Promise.all(
      many.map(async (event) => (await service.post('/events', event)).expect(202)),
    );
    const others = [...one.slice(0, 1), ...many].map(({ accountId }) => stored(accountId, 1));
    const keyed = others.map((value) => ({ key: value.accountId, value }));
    await topics.produce(EVENTS, keyed);
    const all = (await topics.read(EVENTS)).filter(({ text }) => text?.includes(name) === true);
    const placed = new Map(all.map((record) => [(record.json as { id: string }).id, record]));
    return { one, many, others, placed };
  }),
);

test('partitions do not wait for one another', judges('6.5'), async ({ billing }) => {
  await explain(
    () => billing.slow.reached(FAR.length, { within: IN_TIME }),
    () => {
      if (billing.slow.arrived !== 1) return;
      lesson('one-partition-at-a-time', {
        observed: `The storage holds back its answer for one event, and in ${FAR.length - 1} other partitions nothing moves: the size of 1 object was asked for, of ${FAR.length} that lie first in their partitions.`,
        meaning:
          'The order that matters is that of one account, and an account lives in one partition. Taking one partition after the other adds no order that anybody asked for, and makes all customers wait for the slowest.',
        lookAt: 'how many partitions the consumer works on at a time; kafkajs says 1 unless told.',
      });
    },
  );
});

test(
  'events that were there before the first start are applied',
  judges('6.4', '6.5'),
  async ({ billing, group, topics, postgres }) => {
    expect(billing.service.running, 'the projector runs').toBe(true);
    const look = async (): Promise<boolean> => {
      expect(await usage(postgres, 'near')).toEqual(golden(near));
      return true;
    };
    await explain(
      async () => {
        const what = 'events that were there before, of an account that need not wait, in usage';
        await eventually(what, look, { within: IN_TIME });
      },
      async () => {
        // kafkajs reads on when all that it has read is done.
        billing.release();
        const late = stored('late', 1);
        await topics.produce(EVENTS, records(NEAR_IN, [late]));
        const applied = await happens(async () => (await usage(postgres, 'late'))[0], {
          within: IN_TIME,
        });
        const committed = (await group.lag())[NEAR_IN]?.committed;
        if (!applied || (await usage(postgres, 'near')).length > 0) return;
        lesson('from-latest', {
          observed: `${near.length} events were in partition ${NEAR_IN} when the projector started for the first time; none is in usage. An event that came later is, and the partition is committed to ${committed ?? 'nothing yet'}.`,
          meaning:
            'A group that has committed nothing has to begin somewhere, and kafkajs begins at the end unless told: whatever came before the first start, or after the offsets were lost, is passed over in silence.',
          lookAt: 'where a subscription begins when there is no committed offset.',
        });
      },
    );
  },
);

test(
  'the events of an account are applied in their order',
  judges('6.3', '6.7'),
  async ({ billing, storage, group, topics, postgres }) => {
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
    // With the partition of the bad records: a consumer that they end may or may not come so far.
    await group.caughtUp({ partitions: [0, 1, 2, 5, BAD_IN] });
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
  },
);

test(
  'what is behind bad records is applied',
  judges('6.7'),
  async ({ billing, group, postgres }) => {
    billing.release();
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
    const events = [...(far[2] ?? []), behindTheBad];
    const [seen, right] = [await settledUsage(postgres, events), golden(events)].map((rows) =>
      bytesIn(rows),
    );
    expectSame('bytes of the account that had bad records', seen, right);
  },
);

test('a bad record is parked as it was', judges('6.6'), async ({ billing, group }) => {
  billing.release();
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
  judges('6.8'),
  async ({ billing, group, storage, topics, postgres }) => {
    billing.release();
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

test('POST /events keeps the events of an account together', judges('6.1'), async ({ posted }) => {
  const { one, placed } = posted;
  const ofOne = one.flatMap(({ id }) => placed.get(id) ?? []);
  expect(ofOne.length, 'events of one account on the topic, of those that were posted').toBe(
    one.length,
  );
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
});

test('POST /events spreads the accounts as others do', judges('6.2'), async ({ posted }) => {
  const { one, many, others, placed } = posted;
  const where = ({ accountId, id }: { accountId: string; id: string }) => {
    const by = others.find((other) => other.accountId === accountId);
    const [mine, theirs] = [placed.get(id), placed.get(by?.id ?? '')];
    return { accountId, mine: mine?.partition, theirs: theirs?.partition, key: mine?.key };
  };
  const places = [...one.slice(0, 1), ...many].map(where);
  await explain(
    () =>
      each('accounts', places, ({ accountId, mine, theirs }) => {
        expectSame(`partition of an event of ${accountId} that was posted`, mine, theirs);
      }),
    () => {
      const keys = new Set(places.map(({ key }) => key));
      const partitions = new Set(places.map(({ mine }) => mine));
      if (partitions.size > 1 || keys.size > 1) return;
      lesson('one-partition', {
        observed: `The events of ${places.length} accounts have one key, "${[...keys].join('')}", and lie in one partition of six.`,
        meaning:
          'Order over all accounts is more than anybody needs, and is paid for with everything that partitions are for: one reader at a time, and one bad or slow event before them all.',
        lookAt: 'the smallest thing whose events must stay in order.',
      });
    },
  );
});

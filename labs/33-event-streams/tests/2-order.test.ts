import {
  type Answer,
  Draw,
  each,
  eventually,
  explain,
  expect,
  happens,
  judges,
  lesson,
} from '@backend-labs/testkit';
import { golden, records, settledUsage, stored, usage } from './support/events.ts';
import { DEAD_LETTERS, EVENTS, PARTITIONS } from './support/names.ts';
import { FAR, far, NEAR_IN, near, test as base } from './support/order-backlog.ts';
import { expectSame } from './support/same.ts';

/** The ticket's bound, in ms. */
const IN_TIME = 10_000;

/** `test` with `posted`: events of one account and of many, posted here, and keyed by account by another sender. */
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
    const noEvents = [
      { ...stored(name, 1), id: '' },
      { ...stored(name, 1), id: `${name}-nobody`, accountId: undefined },
    ];
    const refused = [];
    for (const body of noEvents)
      refused.push({ body, answer: await service.post('/events', body) });
    const last = stored(name, 1);
    const accepted = await service.post<{ id?: unknown }>('/events', last);
    const others = [...one.slice(0, 1), ...many].map(({ accountId }) => stored(accountId, 1));
    const keyed = others.map((value) => ({ key: value.accountId, value }));
    await topics.produce(EVENTS, keyed);
    const all = (await topics.read(EVENTS)).filter(({ text }) => text?.includes(name) === true);
    const placed = new Map(all.map((record) => [(record.json as { id: string }).id, record]));
    return { one, many, others, placed, refused, last, accepted };
  }),
);

test('POST /events keeps the events of an account together', judges('2.1'), async ({ posted }) => {
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
          observed: `${where}. None of them has a key.`,
          meaning:
            'A record without a key may go to any partition. Six partitions are read side by side, so nothing decides which of two events of an account is applied first.',
          lookAt: 'which records must stay in order, and what a producer does with a key.',
        });
      }
      if (keys.length > 1) {
        lesson('random-key', {
          observed: `${where}. They have ${keys.length} different keys, such as ${keys.slice(0, 2).join(' and ')}.`,
          meaning:
            'The key chooses the partition, and only a partition has an order. A key that differs from event to event spreads the load well, and scatters the history of each account.',
          lookAt: 'the value that all events which must stay in order have in common.',
        });
      }
    },
  );
  expect(
    ofOne.map(({ offset }) => offset),
    'offsets of the events of one account, in the order in which they were posted',
  ).toEqual(ofOne.map(({ offset }) => offset).toSorted((a, b) => a - b));
});

test(
  'POST /events chooses the same partitions as other senders',
  judges('2.2'),
  async ({ posted }) => {
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
        const [key] = keys;
        if (partitions.size > 1 || keys.size > 1 || typeof key !== 'string') return;
        lesson('one-partition', {
          observed: `The events of ${places.length} accounts have one key, "${key}", and lie in one partition of six.`,
          meaning:
            'An order over all accounts is more than anybody needs. It costs everything that partitions are for: only one reader works at a time, and one bad or slow event blocks all accounts.',
          lookAt: 'the smallest thing whose events must stay in order.',
        });
      },
    );
  },
);

test('POST /events refuses a body that is not an event', judges('2.1'), async ({ posted }) => {
  const { refused, last, accepted, placed } = posted;
  expectSame('answer to an event that was posted', accepted.expect(202).body, { id: last.id });
  await each('bodies that are not events', refused, ({ body, answer }) => {
    const { error } = (answer as Answer<{ error?: unknown }>).expect(400).body;
    expect(error, `error for ${JSON.stringify(body)}`).toBeTypeOf('string');
    expect(placed.has(body.id), `${JSON.stringify(body)} is on the topic`).toBe(false);
  });
});

test('partitions do not wait for each other', judges('2.5'), async ({ billing }) => {
  await explain(
    () => billing.slow.reached(FAR.length, { within: IN_TIME }),
    () => {
      if (billing.slow.arrived !== 1) return;
      lesson('one-partition-at-a-time', {
        observed: `The storage holds back its answer for one event, and ${FAR.length - 1} other partitions do not move: 1 object was requested, of the ${FAR.length} that are first in their partitions.`,
        meaning:
          'Only the order of one account matters, and an account is in one partition. One partition after the other adds an order that nobody needs, and all customers wait for the slowest event.',
        lookAt: 'how many partitions the consumer handles at a time. The default of kafkajs is 1.',
      });
    },
  );
});

test(
  'events that were there before the first start are applied',
  judges('2.4', '2.5'),
  async ({ billing, group, topics, postgres }) => {
    expect(billing.service.running, 'the projector runs').toBe(true);
    const look = async (): Promise<boolean> => {
      expect(await usage(postgres, 'near')).toEqual(golden(near));
      return true;
    };
    await explain(
      async () => {
        const what = 'events that were there before the start to be in usage';
        await eventually(what, look, { within: IN_TIME });
      },
      async () => {
        // kafkajs reads on when everything that it has read is done.
        billing.release();
        const late = stored('late', 1);
        await topics.produce(EVENTS, records(NEAR_IN, [late]));
        const applied = await happens(async () => (await usage(postgres, 'late'))[0], {
          within: IN_TIME,
        });
        const committed = (await group.lag())[NEAR_IN]?.committed;
        if (!applied || (await usage(postgres, 'near')).length > 0) return;
        lesson('from-latest', {
          observed: `${near.length} events were in partition ${NEAR_IN} when the projector started for the first time, and none of them is in usage. An event that came later is in usage, and the partition is committed to ${committed ?? 'nothing yet'}.`,
          meaning:
            'A group that has committed nothing must begin somewhere, and the default of kafkajs is the end. All events from before the first start, or from before the loss of the offsets, are skipped without a word.',
          lookAt: 'where a subscription begins if there is no committed offset.',
        });
      },
    );
  },
);

test(
  'the projector makes the topics that are missing at its start',
  judges('2.4'),
  async ({ projector, topics }) => {
    // On one broker both topics are missing, on the other only the second one.
    const [none, half] = ['none.', 'half.'];
    await topics.createTopic(`${half}${EVENTS}`, PARTITIONS);
    const start = (prefix: string) => projector.with({ KAFKA_PREFIX: topics.name(prefix) }).start();
    await using _first = await start(none);
    await using _second = await start(half);
    const made = [
      [`${none}${EVENTS}`, PARTITIONS],
      [`${none}${DEAD_LETTERS}`, 1],
      [`${half}${DEAD_LETTERS}`, 1],
    ] as const;
    const there = await topics.topics();
    await each('topics', made, async ([topic, partitions]) => {
      if (!there.includes(topic)) expect.fail(`KAFKA_PREFIX${topic.slice(5)} was not made`);
      expect(
        await topics.endOffsets(topic),
        `partitions of ${topic.slice(5)}, by their ends`,
      ).toHaveLength(partitions);
    });
  },
);

test(
  'the events of an account are applied in the order of the topic',
  judges('2.3'),
  async ({ billing, storage, group, topics, postgres }) => {
    // A consumer that handles a batch side by side requests all of it before it reads an event of now.
    await topics.produce(EVENTS, records(0, [stored('now', 1)]));
    await happens(async () => (await usage(postgres, 'now')).length > 0, { within: 5_000 });
    const ahead = storage.asked('quick-1') > 0;
    // A consumer that only asks ahead may still apply in order. Any other has had the time to show it.
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
          observed: `The storage had not yet answered for far-1's first upload, and its third event was already in usage (${overtaken.join(', ')}). In the end, usage says ${actual.filter((row) => row.startsWith('far-1 ')).join(' and ')}. In order, the events come to ${golden(far[0] ?? []).join(' and ')}.`,
          meaning:
            'A partition is read in order. To handle all records of a batch at the same time gives that order away: the quickest record comes first, and an upload is billed under a plan that came after it.',
          lookAt:
            'which things may happen side by side: partitions, or the records of one partition?',
        });
      },
    );
  },
);

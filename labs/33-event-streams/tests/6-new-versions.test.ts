import { each, explain, expect, judges, lesson } from '@backend-labs/testkit';
import { test as base } from './support/billing.ts';
import {
  bytesIn,
  golden,
  planChanged,
  records,
  settledUsage,
  stored,
  type TestEvent,
} from './support/events.ts';
import { DEAD_LETTERS, EVENTS } from './support/names.ts';
import { expectSame } from './support/same.ts';

/** The ticket's bound, in ms. */
const IN_TIME = 10_000;

/** Fields of the future, on both types. The name of the last one is one that objects have by themselves. */
const MORE = { checksum: '9f2c', tags: ['a', { b: null }], bytesPerSecond: 7, constructor: 'x' };
const extended = [stored('extended', 100), planChanged('extended', 'pro'), stored('extended', 20)];
/** Each version has one field that the other does not know. */
const FOREIGN = { first: { size: { value: 9, unit: 'kB' } }, second: { bytes: 9 } };

const otherTypes = ['file.renamed', 'invoice.sent', 'toString'];
const behindOthers = stored('others', 50);

const SIZES = [
  { value: 12, unit: 'kB', bytes: 12_000 },
  { value: 3, unit: 'MB', bytes: 3_000_000 },
  { value: 700, unit: 'B', bytes: 700 },
  { value: 0, unit: 'kB', bytes: 0 },
];
const IN_ARCHIVE = stored('modern', 'o-9');
const modern = [
  stored('modern', 40),
  ...SIZES.map(({ bytes }) => stored('modern', bytes)),
  IN_ARCHIVE,
];

const UNKNOWN = [3, '2', null, 0, '1'];
const strange = stored('strange', 9);
const behindStrange = stored('strange', 60);
/** Each looks right but for its version. Version 2 of a change of plan does not exist. */
const strangers = [
  ...UNKNOWN.map((version) => ({ ...strange, id: `${strange.id}-${String(version)}`, version })),
  { ...strange, id: `${strange.id}-both`, version: 3, size: { value: 9, unit: 'B' } },
  { ...planChanged('strange', 'pro'), version: 2 },
];

/** The same event as version 2, with `size` in place of `bytes`. */
function second(event: TestEvent, size: { value: number; unit: string } | undefined) {
  const { bytes: _bytes, ...rest } = event;
  return { ...rest, version: 2, ...(size && { size }) };
}

const keyed = (partition: number, accountId: string, values: readonly unknown[]) =>
  values.map((value) => ({ key: accountId, value, partition }));

/** `billing`: one instance that finds all of that when it starts. */
const test = base.extend('billing', { scope: 'file' }, async ({ topics, projector, cleanup }) => {
  const [old = strange, ...rest] = modern;
  await topics.produce(EVENTS, [
    ...keyed(
      0,
      'extended',
      extended.map((event) => ({ ...event, ...MORE, ...FOREIGN.first })),
    ),
    ...keyed(
      1,
      'others',
      otherTypes.map((type) => ({ ...stored('others', 5), type })),
    ),
    ...records(1, [behindOthers]),
    ...records(2, [{ ...old, version: 1 } as TestEvent]),
    ...keyed(
      2,
      'modern',
      rest.map((event, n) => ({ ...second(event, sizeOf(n)), ...FOREIGN.second })),
    ),
    ...keyed(3, 'strange', strangers),
    ...records(3, [behindStrange]),
  ]);
  return cleanup.use(await projector.start());
});

function sizeOf(n: number): { value: number; unit: string } | undefined {
  const found = SIZES[n];
  return found && { value: found.value, unit: found.unit };
}

test(
  'fields that we do not know change nothing',
  judges('6.1'),
  async ({ billing: _billing, group, topics, postgres }) => {
    await group.caughtUp({ partitions: [0], within: IN_TIME });
    await explain(
      async () =>
        expectSame(
          'usage of an account whose events have more fields',
          await settledUsage(postgres, extended),
          golden(extended),
        ),
      async () => {
        const parked = await parkedOf(topics, 'extended');
        if (parked.length === 0) return;
        lesson('strict-about-more', {
          observed: `${parked.length} events of one account are in ${DEAD_LETTERS} (${parked.join('; ')}). They are right, and have the fields ${Object.keys(MORE).join(', ')} as well.`,
          meaning:
            'A sender may add a field whenever it likes, as long as the old fields keep their meaning. A reader that refuses fields that it does not know must be deployed before every sender, and turns a harmless change into an outage.',
          lookAt: 'the fields that your code needs, and the fields that it may leave alone.',
        });
      },
    );
  },
);

test(
  'types that we do not know are passed',
  judges('6.2'),
  async ({ billing: _billing, group, topics, postgres }) => {
    await group.caughtUp({ partitions: [1], within: IN_TIME });
    expectSame(
      'usage of an account that has events of other types',
      await settledUsage(postgres, [behindOthers]),
      golden([behindOthers]),
    );
    const parked = await parkedOf(topics, 'others');
    await explain(
      () => expectSame(`events of other types in ${DEAD_LETTERS}`, parked, []),
      () => {
        lesson('other-types-parked', {
          observed: `${parked.length} events with types such as ${otherTypes[0]} are in ${DEAD_LETTERS}: ${parked.join('; ')}.`,
          meaning:
            'A topic has many readers, and most events are not for all of them. Parked events are work for a person. When another team adds a type, each of its events becomes an alarm of yours.',
          lookAt: 'the difference between a broken event and an event for somebody else.',
        });
      },
    );
  },
);

test(
  'events of version 2 are added up',
  judges('6.3'),
  async ({ billing: _billing, group, postgres }) => {
    await group.caughtUp({ partitions: [2], within: IN_TIME });
    const actual = await settledUsage(postgres, modern);
    await explain(
      () => expectSame('usage of an account with events of both versions', actual, golden(modern)),
      () => {
        const values = SIZES.reduce((sum, { value }) => sum + value, 0);
        const raw = golden([stored('modern', 40), stored('modern', values), IN_ARCHIVE]);
        if (String(raw) !== String(actual)) return;
        lesson('unit-ignored', {
          observed: `The sizes were ${SIZES.map(({ value, unit }) => `${value} ${unit}`).join(', ')}. usage says ${actual.join(', ')}: each value was added as it is.`,
          meaning:
            'A new version may say the same thing in another unit. A reader that takes the number and leaves the unit is wrong by a factor, and nothing fails: the type is right, and the sum looks like a sum.',
          lookAt: 'the one place where a version becomes the form that the rest of the code knows.',
        });
      },
    );
  },
);

test(
  'versions that we do not know are parked',
  judges('6.4'),
  async ({ billing: _billing, group, topics, postgres }) => {
    await group.caughtUp({ partitions: [3], within: IN_TIME });
    const parked = await topics.read(DEAD_LETTERS);
    const offsets = new Set(
      parked.flatMap(({ headers }) =>
        headers['dlt-partition'] === '3' ? [headers['dlt-offset']] : [],
      ),
    );
    await explain(
      () =>
        each('events of unknown versions', strangers.entries(), ([offset, event]) => {
          const { type, version } = event;
          if (offsets.has(String(offset))) return;
          expect.fail(`${type} with version ${JSON.stringify(version)} is not in ${DEAD_LETTERS}`);
        }),
      async () => {
        const actual = await settledUsage(postgres, [behindStrange]);
        const isApplied =
          bytesIn(actual) > bytesIn(golden([behindStrange])) || String(actual).includes(' pro ');
        if (!isApplied) return;
        lesson('version-ignored', {
          observed: `The versions ${UNKNOWN.map((version) => JSON.stringify(version)).join(', ')} do not exist yet. ${strangers.length - offsets.size} of ${strangers.length} such events are not in ${DEAD_LETTERS}, and usage says ${actual.join(', ')} in place of ${golden([behindStrange]).join(', ')}.`,
          meaning:
            'A version is there to say that the old names may have another meaning. A reader that goes by the names alone applies an event that it cannot understand, and nobody will know which ones when the meaning becomes clear.',
          lookAt: 'what must be true of an event before its fields may be read.',
        });
      },
    );
    expectSame(
      'usage of the account behind them',
      await settledUsage(postgres, [behindStrange]),
      golden([behindStrange]),
    );
  },
);

test('POST /events keeps every field', judges('6.5'), async ({ billing, topics }) => {
  const posted = [
    { ...stored('posted', 5), ...MORE },
    { ...second(stored('posted', 5), { value: 5, unit: 'kB' }), ...MORE },
    { ...planChanged('posted', 'pro'), version: 1, ...MORE },
  ];
  for (const event of posted) (await billing.post('/events', event)).expect(202);
  const found = (await topics.read(EVENTS)).filter(({ key }) => key === 'posted');
  const values = found.map(({ json }) => json as Readonly<Record<string, unknown>>);
  await explain(
    () =>
      each('events', posted, (event) => {
        const there = values.find(({ id }) => id === event.id);
        expectSame(`the event ${event.id} on the topic`, sorted(there), sorted(event));
      }),
    () => {
      const lost = Object.keys(MORE).filter((name) =>
        values.every((value) => !Object.hasOwn(value, name)),
      );
      if (values.length === 0 || lost.length === 0) return;
      lesson('relay-strips-fields', {
        observed: `The events were posted with the fields ${Object.keys(MORE).join(', ')}. On the topic, ${lost.join(', ')} are missing from all of them.`,
        meaning:
          'A service that passes events on is not their reader. When it writes only the fields that it knows, every new field stops at it, and the readers behind it can never use one before it is deployed again.',
        lookAt:
          'what POST /events puts on the topic: its own form of the event, or the event that came.',
      });
    },
  );
});

/** Reasons of the records of an account in the dead letter topic. */
async function parkedOf(
  topics: {
    read(
      topic: string,
    ): Promise<readonly { key: string | null; headers: Readonly<Record<string, string>> }[]>;
  },
  account: string,
): Promise<string[]> {
  const all = await topics.read(DEAD_LETTERS);
  return all.filter(({ key }) => key === account).map(({ headers }) => headers['dlt-reason'] ?? '');
}

const sorted = (event: object | undefined): unknown =>
  Object.entries(event ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));

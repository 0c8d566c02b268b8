import { type Answer, explain, expect, judges, lesson } from '@backend-labs/testkit';
import { test as base } from './support/billing.ts';
import { DAY, DAY_AFTER, OBJECT_BYTES, planChanged, records, stored } from './support/events.ts';
import { EVENTS } from './support/names.ts';
import { expectSame } from './support/same.ts';
import { shownValue } from './support/shown.ts';

/** The ticket's bound. */
const WITHIN_MS = 10_000;
const MOST_AUDITS = 3;

const orbit = [
  stored('orbit', 100),
  planChanged('orbit', 'pro'),
  stored('orbit', 'o-1'),
  planChanged('orbit', 'team'),
  { ...stored('orbit', 30), at: `${DAY_AFTER}T00:00:00.000Z` },
];
const acme = [stored('acme', 5), stored('acme', 6)];
const exact = [stored('exact', 40)];
/** Older than the topic keeps its records. */
const old = stored('old', 1);
const EVENTS_THERE = [...orbit, ...acme, ...exact].length;

/** The last one is an event in all but its size. */
const NOT_EVENTS = [
  '{"id": "b-1", "type": "file.sto',
  'null',
  { ...stored('acme', 1), bytes: -10 },
];

interface Difference {
  readonly accountId: string;
  readonly day: string;
  readonly plan: string;
  readonly usage: number;
  readonly events: number;
}

interface Audit {
  readonly events?: unknown;
  readonly wrong?: readonly Difference[];
}

/** What `usage` says, by hand: one row right, one too high, one under a wrong plan, and those of nobody. */
const USAGE: readonly (readonly [string, string, string, number])[] = [
  ['exact', DAY, 'free', 40],
  ['orbit', DAY, 'free', 300],
  ['orbit', DAY_AFTER, 'free', 30],
  // Neither by day nor by plan.
  ['ghost', DAY_AFTER, 'free', 8],
  ['ghost', DAY, 'pro', 9],
  ['ghost', DAY, 'free', 7],
];
const OF_GHOST = [
  { day: DAY, plan: 'free', bytes: 7 },
  { day: DAY, plan: 'pro', bytes: 9 },
  { day: DAY_AFTER, plan: 'free', bytes: 8 },
];

const WRONG = [
  difference('orbit', DAY, 'free', 300, 100),
  difference('orbit', DAY, 'pro', 0, OBJECT_BYTES),
  difference('orbit', DAY_AFTER, 'free', 30, 0),
  difference('orbit', DAY_AFTER, 'team', 0, 30),
  difference('acme', DAY, 'free', 0, 11),
  ...OF_GHOST.map(({ day, plan, bytes }) => difference('ghost', day, plan, bytes, 0)),
];

function difference(
  accountId: string,
  day: string,
  plan: string,
  usage: number,
  events: number,
): Difference {
  return { accountId, day, plan, usage, events };
}

/** `audited`: an instance, its answer to `GET /audit`, and how the group was before it and after. */
const test = base.extend(
  'audited',
  { scope: 'file' },
  ({ file, topics, group, projector, postgres, cleanup }) =>
    file.once('audited', async () => {
      const state = async () => ({
        members: await group.members(),
        committed: (await group.lag()).map(({ committed }) => committed ?? null),
      });
      await topics.produce(EVENTS, [
        ...records(0, [old, ...orbit]),
        ...records(1, acme),
        ...NOT_EVENTS.map((value) => ({ key: 'acme', value, partition: 1 })),
        ...records(2, exact),
      ]);
      await topics.deleteRecords(EVENTS, 0, 1);
      // The projector has read all of it, whatever it made of it.
      const ends = await topics.endOffsets(EVENTS);
      for (const partition of [0, 1, 2]) await group.setOffset(partition, ends[partition] ?? 0);
      for (const row of USAGE) {
        await postgres.query(
          'INSERT INTO usage (account_id, day, plan, bytes) VALUES ($1, $2, $3, $4)',
          [...row],
        );
      }
      const service = cleanup.use(await projector.start());
      await group.joined();
      for (let attempt = 1; ; attempt += 1) {
        const before = await state();
        const [answer] = await Promise.allSettled([
          service.get<Audit>('/audit', { within: WITHIN_MS }),
        ]);
        const audited = { service, answer, before, after: await state() };
        // On a busy machine kafkajs may join a second time all by itself.
        const done = answer.status === 'rejected' || attempt === MOST_AUDITS;
        if (done || changes(audited).length === 0) return audited;
      }
    }),
);

interface GroupSeen {
  readonly members: readonly string[];
  readonly committed: readonly (number | null)[];
}

/** What differs in the group after the audit: members that came, and offsets. */
function changes({ before, after }: { before: GroupSeen; after: GroupSeen }): string[] {
  const came = after.members.filter((id) => !before.members.includes(id));
  const [was, is] = [before, after].map(({ committed }) => JSON.stringify(committed));
  return [
    ...(came.length > 0 ? [`${came.length} more in the group`] : []),
    ...(was === is ? [] : [`offsets ${is}, before ${was}`]),
  ];
}

/** The body of a good answer; what the service failed with is thrown. */
function body(answer: PromiseSettledResult<Answer<Audit>>): Audit {
  if (answer.status === 'rejected') throw answer.reason;
  return answer.value.expect(200).body;
}

test('the audit counts the events', judges('1.1'), async ({ audited: { answer } }) => {
  const { events } = body(answer);
  const all = EVENTS_THERE + NOT_EVENTS.length;
  await explain(
    () => expect(events, 'events on the topic').toBe(EVENTS_THERE),
    () => {
      if (events !== all) return;
      lesson('records-are-not-events', {
        observed: `The topic has ${all} records. ${NOT_EVENTS.length} of them are not events, for example ${shownValue(NOT_EVENTS[0])}. The audit says ${events} events.`,
        meaning:
          'Every sender can write any bytes to a topic, and the broker checks nothing. A reader that counts offsets or records counts the broken ones too.',
        lookAt: 'which records the truth is made of.',
      });
    },
  );
});

test(
  'the audit answers 5xx while the storage fails',
  judges('1.1'),
  async ({ audited: { service }, storage }) => {
    storage.when('o-1', () => ({ status: 503 }));
    const answer = await service.get('/audit', { within: WITHIN_MS });
    const what = `GET /audit while the storage answers 503 for an object of orbit: ${JSON.stringify(answer.body)}, with the status`;
    expect(answer.status, what).toBeGreaterThanOrEqual(500);
  },
);

test('the audit names every wrong row', judges('1.2'), async ({ audited: { answer } }) => {
  const { wrong } = body(answer);
  if (!Array.isArray(wrong)) expect.fail(`wrong is ${JSON.stringify(wrong)}, not an array`);
  const seen = inWords(wrong as readonly Difference[]);
  const right = inWords(WRONG);
  await explain(
    () => expectSame('rows in which usage is wrong', seen, right),
    () => {
      const [missing, extra] = [without(right, seen), without(seen, right)];
      const told = `Missing in the answer: ${missing.join('; ') || 'nothing'}. Too much in it: ${extra.join('; ') || 'nothing'}.`;
      if (
        seen.length > 0 &&
        missing.every((row) => /: usage 0,|events 0$/u.test(row)) &&
        extra.length === 0
      ) {
        lesson('one-side-only', {
          observed: `${told} Each of the missing rows is there on one side only.`,
          meaning:
            'A comparison that walks through one side finds the rows that differ, and never the rows that the other side alone has. An account that was not billed at all has no row to start from.',
          lookAt: 'which keys the two sides have together.',
        });
      }
      // On that day orbit was not yet team.
      if (extra.some((row) => row.startsWith(`orbit ${DAY} team:`))) {
        lesson('plan-of-today', {
          observed: `${told} orbit was free at first, then pro, and is team now.`,
          meaning:
            'The plan of an account is not one value: it is a value for each place in the topic. An audit that looks up the last plan bills the past under it, and calls right rows wrong.',
          lookAt: 'what was known of the account when its event was written.',
        });
      }
    },
  );
});

test('the audit changes nothing', judges('1.3'), async ({ audited }) => {
  const { before, after } = audited;
  await explain(
    () => expectSame('changes of the group by the audit', changes(audited), []),
    () => {
      lesson('audit-in-the-group', {
        observed: `Before the audit the group had ${before.members.length} member. After it: ${changes(audited).join('; ')} (${after.members.length} members in all).`,
        meaning:
          'Partitions are shared among the members of a group, and each record goes to one of them. A reader that joins the group of the projector takes partitions away from it, begins where the group has committed, and commits what it has only looked at.',
        lookAt: 'the group in which the audit reads.',
      });
    },
  );
});

test(
  'after the audit, GET /accounts/:id/usage answers the same rows, sorted',
  judges('1.3'),
  async ({ audited: { service } }) => {
    const answer = (await service.get<{ usage: unknown }>('/accounts/ghost/usage')).expect(200);
    expect(answer.body, 'GET /accounts/ghost/usage').toEqual({ usage: OF_GHOST });
  },
);

const inWords = (rows: readonly Difference[]): string[] =>
  rows
    .map(
      ({ accountId, day, plan, usage, events }) =>
        `${accountId} ${day} ${plan}: usage ${usage}, events ${events}`,
    )
    .toSorted();

const without = (rows: readonly string[], others: readonly string[]): string[] =>
  rows.filter((row) => !others.includes(row));

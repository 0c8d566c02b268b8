import { explain, happens, judges, lesson, type StartedService } from '@backend-labs/testkit';
import { test as base } from './support/billing.ts';
import { explainDouble } from './support/counted-twice.ts';
import { Doomed } from './support/doomed.ts';
import {
  bytesIn,
  golden,
  planChanged,
  records,
  settledUsage,
  stored,
  type TestEvent,
  usage,
} from './support/events.ts';
import { EVENTS } from './support/names.ts';
import { expectSame } from './support/same.ts';

/** Nearly as short as the broker allows: the tests wait for a killed member to be noticed. */
const SESSION_TIMEOUT_MS = 600;
/** A takeover takes the session timeout and some; the ticket's bound. */
const TAKEOVER_WITHIN_MS = 5_000;

/** The first instance is killed as it writes the second event. */
const inFlight = stored('killed', 'in-flight');
const killed = [
  stored('killed', 100),
  inFlight,
  planChanged('killed', 'pro'),
  stored('killed', 20),
];
/** Older than the topic keeps its records: the partition begins behind them. */
const old = [stored('old', 1), stored('old', 2)];
const IN_FLIGHT = { partition: 0, offset: old.length + killed.indexOf(inFlight) };

const quiet = [
  stored('quiet', 1),
  planChanged('quiet', 'pro'),
  stored('quiet', 2),
  planChanged('quiet', 'team'),
  stored('quiet', 3),
];
const ACCOUNTS = ['killed', 'quiet'];
/** Far above what an instance takes to join an empty group. */
const FIRST_WITHIN_MS = 5000;

/**
 * `takeover`: one instance was killed as it wrote to usage, the next right after it had, and `last`
 * goes on. An instance that reaches neither point is not killed, and goes on itself.
 */
const test = base.extend(
  'takeover',
  { scope: 'file' },
  async ({ topics, storage, group, projector, lease, cleanup }) => {
    await topics.produce(EVENTS, records(IN_FLIGHT.partition, [...old, ...killed]));
    await topics.deleteRecords(EVENTS, IN_FLIGHT.partition, old.length);
    const instance = projector.with({ KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) });
    const started: AsyncDisposable[] = [];
    cleanup.defer(async () => {
      for (const each of started) await each[Symbol.asyncDispose]();
    });
    let committed: number | undefined;
    const first = await Doomed.start(instance, lease, async (moment) => {
      if (moment !== 'usage-begins' || storage.asked('in-flight') === 0) return false;
      committed = (await group.lag())[IN_FLIGHT.partition]?.committed;
      return true;
    });
    started.push(first);
    const done = async (): Promise<boolean> => {
      const lag = await group.lag();
      return lag.every((partition) => partition.lag === 0);
    };
    await happens(async () => first.killed || (await done()), { within: FIRST_WITHIN_MS });
    if (!first.killed) await first.service.kill();

    await topics.produce(EVENTS, records(1, quiet));
    const second = await Doomed.start(instance, lease, (moment) => moment === 'usage-committed');
    started.push(second);
    await happens(async () => second.killed || (await done()), { within: TAKEOVER_WITHIN_MS });
    let last: StartedService = second.service;
    if (second.killed) {
      last = await instance.start();
      started.push(last);
    }
    const keepsNote = first.keepsNote || second.keepsNote;
    const notedApart = [...first.notedApart, ...second.notedApart];
    const wasKilled = second.killed;
    const events = [...killed, ...quiet];
    return { committed, wasKilled, last, instance, keepsNote, notedApart, events };
  },
);

/** Accounts and rows of `usage` with too few bytes, or too many, against what the events come to. */
function astray(
  actual: readonly string[],
  expected: readonly string[],
  by: (row: string) => string,
  sign: 1 | -1,
): string[] {
  const bytes = (rows: readonly string[], key: string): number =>
    bytesIn(rows.filter((row) => by(row) === key));
  const keys = new Set([...actual, ...expected].map(by));
  return [...keys].flatMap((key) => {
    const [seen, right] = [bytes(actual, key), bytes(expected, key)];
    return (seen - right) * sign > 0 ? [`${key}: ${seen} bytes, expected ${right}`] : [];
  });
}

/** A plan that was lost moves bytes to another row, and doubles none. */
const accountOf = (row: string): string => row.split(' ', 1)[0] ?? '';

/** Account, day and plan of a row. */
const keyOf = (row: string): string => row.split(' ').slice(0, -1).join(' ');

test(
  'another instance goes on where one was killed',
  judges('4.3'),
  async ({ takeover: { wasKilled }, group }) => {
    await explain(
      // An instance that was not killed has had that time already.
      () => group.caughtUp({ within: wasKilled ? TAKEOVER_WITHIN_MS : 500 }),
      async () => {
        const members = (await group.members()).length;
        if (members < 2) return;
        lesson('long-session', {
          observed: `KAFKA_SESSION_TIMEOUT_MS is ${SESSION_TIMEOUT_MS}. ${TAKEOVER_WITHIN_MS} ms after an instance was killed and another one started, the broker counts ${members} members. One of them is dead, and nobody reads its partitions.`,
          meaning:
            'The session timeout is how long a dead member goes unnoticed. If it is long enough for the slowest event, the partitions of every instance that dies wait that long.',
          lookAt:
            'how a slow member can show that it is alive, instead of how long nobody notices that it is dead.',
        });
      },
    );
  },
);

test(
  'an event whose instance was killed before it was written counts',
  judges('4.1'),
  async ({ takeover: { committed, notedApart, events }, storage, postgres }) => {
    const expected = golden(events);
    const actual = await settledUsage(postgres, events);
    await explain(
      () =>
        expectSame(
          'rows of usage in which bytes are missing',
          astray(actual, expected, keyOf, -1),
          [],
        ),
      () => {
        if (storage.asked('in-flight') !== 1) return;
        const was = committed === undefined ? 'nothing' : `offset ${committed}`;
        const rows = rowsOf(actual, expected);
        const note = shortNote(notedApart);
        if (committed !== undefined && committed > IN_FLIGHT.offset) {
          lesson('commit-before-work', {
            observed: `When the first instance was killed, it was about to write the event at offset ${IN_FLIGHT.offset} to usage, and the group had committed ${was}. No instance requested the size of that event again, and ${rows}`,
            meaning:
              'A committed offset says that everything before it is done. If it is committed before the work, it is a promise, and a process that dies cannot keep it. That way no event is counted twice, and some are never counted.',
            lookAt: 'which steps must be over for a record when its offset is committed.',
          });
        }
        if (note === undefined) return;
        lesson('claimed-then-lost', {
          observed: `When the first instance was killed, it was about to write the event at offset ${IN_FLIGHT.offset} to usage. The group had committed ${was}, so the second instance got the event again, and skipped it without a request for its size. The note of an event ("${note}…") is a commit of its own. In the end, ${rows}`,
          meaning:
            'To note that an event was applied, and then to apply it, are two steps. If the process is killed in between, the note is there and the effect is not, and the next instance believes the note.',
          lookAt: 'how a note and its effect could only ever be there together.',
        });
      },
    );
  },
);

test(
  'an event whose instance was killed right after it was written counts once',
  judges('4.2'),
  async ({ takeover: { committed, keepsNote, notedApart, events }, topics, group, postgres }) => {
    const expected = golden(events);
    const actual = await settledUsage(postgres, events);
    await explain(
      () => expectSame('accounts with too many bytes', astray(actual, expected, accountOf, 1), []),
      async () => {
        const was = committed === undefined ? 'nothing' : `offset ${committed}`;
        const rows = rowsOf(actual, expected);
        const note = shortNote(notedApart);
        if (note !== undefined) {
          lesson('apply-then-mark', {
            observed: `An instance was killed right after a commit to usage. The next instance got the event again, and counted it again. The note of an event ("${note}…") is a commit of its own. In the end, ${rows}`,
            meaning:
              'To apply an event, and then to note that it was applied, are two steps. If the process is killed in between, the effect is there and the note is not, and the next instance believes that the event is new. Two commits in one database are as far apart as two databases.',
            lookAt: 'how a note and its effect could only ever be there together.',
          });
        }
        if (!keepsNote) {
          const observed = `The first instance was killed as it wrote an event, and the group had committed ${was} in its partition. The second one was killed right after it had written an event. The instances after them got events again that were already counted: ${rows}`;
          await explainDouble({ topics, group, postgres, observed });
        }
      },
    );
  },
);

test(
  'a replay from the beginning changes nothing',
  judges('4.4'),
  async ({ takeover: { last, instance, keepsNote, events }, topics, group, postgres }) => {
    const before = await usage(postgres, ...ACCOUNTS);
    await last.stop();
    await group.forgetOffsets();
    const more = stored('quiet', 30);
    await topics.produce(EVENTS, records(1, [more]));
    await using _next = await instance.start();
    await group.caughtUp();
    const actual = await settledUsage(postgres, [...events, more]);
    await explain(
      () => {
        const all = golden([...events, more]);
        // Other tests judge rows that were wrong before, and rows that a replay corrects.
        const right = actual.join() === all.join() ? all : withMore(before, more);
        expectSame('usage after everything was read again', actual, right);
      },
      async () => {
        if (keepsNote || bytesIn(actual, 'quiet') <= bytesIn(before, 'quiet') + 30) return;
        const observed = `The offsets were reset, and the projector read the topic again. Before, usage said ${before.join(', ')}. Now it says ${actual.join(', ')}. One event of 30 bytes is new.`;
        await explainDouble({ topics, group, postgres, observed });
      },
    );
  },
);

/** Rows of usage when one more event is counted, of an account whose plan is `team` by then. */
function withMore(rows: readonly string[], { accountId, at, bytes = 0 }: TestEvent): string[] {
  const key = `${accountId} ${at.slice(0, 10)} team`;
  const sum = bytesIn(rows.filter((row) => keyOf(row) === key)) + bytes;
  return [...rows.filter((row) => keyOf(row) !== key), `${key} ${sum}`].toSorted();
}

const rowsOf = (actual: readonly string[], expected: readonly string[]): string =>
  `usage says ${actual.join(', ')}, and the events come to ${expected.join(', ')}.`;

const shortNote = ([note]: readonly string[]): string | undefined =>
  note?.replaceAll(/\s+/gu, ' ').trim().slice(0, 60);

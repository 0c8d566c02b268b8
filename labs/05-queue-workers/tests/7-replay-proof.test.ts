import { eventually, explain, expect, lesson, type StartedService } from '@backend-labs/testkit';
import { test as base } from './support/kafka/billing.ts';
import { explainDouble } from './support/kafka/counted-twice.ts';
import {
  golden,
  planChanged,
  records,
  settledUsage,
  stored,
  usage,
} from './support/kafka/events.ts';
import { EVENTS } from './support/kafka/names.ts';

/** As short as the broker allows with some room: the dead are waited for. */
const SESSION_TIMEOUT_MS = 600;
/** A takeover takes the session timeout and some; the ticket allows two. */
const TAKEOVER_WITHIN_MS = 8 * SESSION_TIMEOUT_MS;

/** The first instance is killed while it waits for the size of the second event. */
const inFlight = stored('killed', 'in-flight');
const killed = [
  stored('killed', 100),
  inFlight,
  planChanged('killed', 'pro'),
  stored('killed', 20),
];
const IN_FLIGHT = { partition: 0, offset: 1 };

const quiet = [
  stored('quiet', 1),
  planChanged('quiet', 'pro'),
  stored('quiet', 2),
  planChanged('quiet', 'team'),
  stored('quiet', 3),
];
const ACCOUNTS = ['killed', 'quiet'];

/** `takeover`: what was committed when the first instance was killed, and the second instance. */
const test = base.extend(
  'takeover',
  { scope: 'file' },
  async ({ topics, storage, group, projector, cleanup }) => {
    storage.when('in-flight', (time) => (time === 1 ? 'never' : { body: { bytes: 7000 } }));
    await topics.produce(EVENTS, [...records(IN_FLIGHT.partition, killed), ...records(1, quiet)]);
    const instance = projector.with({ KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS) });
    const started: StartedService[] = [];
    cleanup.defer(async () => {
      for (const service of started) await service[Symbol.asyncDispose]();
    });
    const first = await instance.start();
    started.push(first);
    await eventually('the first instance to ask for the size of an object', () =>
      storage.asked('in-flight'),
    );
    const committed = (await group.lag())[IN_FLIGHT.partition]?.committed;
    await first.kill();
    const second = await instance.start();
    started.push(second);
    return { committed, second, instance };
  },
);

test('an instance is killed and another takes over: each event counts once', async ({
  takeover: { committed },
  topics,
  storage,
  group,
  postgres,
}) => {
  await explain(
    () => group.caughtUp({ within: TAKEOVER_WITHIN_MS }),
    async () => {
      const { members } = await group.look();
      if (members < 2) return;
      lesson('long-session', {
        observed: `KAFKA_SESSION_TIMEOUT_MS is ${SESSION_TIMEOUT_MS}. ${TAKEOVER_WITHIN_MS} ms after an instance was killed and another one started, the broker counts ${members} members, one of them dead, and nobody reads its partitions.`,
        meaning:
          'The session timeout is how long a dead member goes unnoticed. Made long enough for the slowest event, it lets the partitions of every instance that dies lie for as long.',
        lookAt:
          'how a member can be slow and alive, instead of how long nobody may notice that it is dead.',
      });
    },
  );
  const expected = golden([...killed, ...quiet]);
  const actual = await settledUsage(postgres, [...killed, ...quiet]);
  await explain(
    () => expect(actual, 'usage after the takeover').toEqual(expected),
    async () => {
      const was = committed === undefined ? 'nothing' : `offset ${committed}`;
      const rows = `usage says ${actual.join(', ')}; the events come to ${expected.join(', ')}.`;
      const lost = sumOf(actual, 'killed') < sumOf(expected, 'killed');
      if (lost && storage.asked('in-flight') === 1) {
        if (committed !== undefined && committed > IN_FLIGHT.offset) {
          lesson('commit-before-work', {
            observed: `When the first instance was killed it waited for the size of the event at offset ${IN_FLIGHT.offset}, and the group had committed ${was}. Nobody asked for that size again; ${rows}`,
            meaning:
              'A committed offset says: all before it is done. Committed before the work it is a promise, and a process that dies cannot keep it. Nothing is counted twice that way, and some things never.',
            lookAt: 'what must be true of a record when its offset is committed.',
          });
        }
        lesson('claimed-then-lost', {
          observed: `When the first instance was killed it waited for the size of the event at offset ${IN_FLIGHT.offset}. The group had committed ${was}, so that the second one was handed the event again; it passed it over without asking for its size. ${rows}`,
          meaning:
            'To note that an event was applied, and then to apply it, are two steps. Killed in between, the note stands and the effect does not, and whoever comes next believes the note.',
          lookAt: 'how a note and the effect that it speaks of could only ever be there together.',
        });
      }
      if (sumOf(actual, 'killed') > sumOf(expected, 'killed')) {
        const observed = `The first instance was killed while it had an event in flight, and the group had committed ${was} in its partition. The second one was handed what lies before that event again: ${rows}`;
        await explainDouble({ topics, group, postgres, observed });
      }
    },
  );
});

test('a replay from the beginning changes nothing', async ({
  takeover: { second, instance },
  topics,
  group,
  postgres,
}) => {
  await group.caughtUp();
  const before = await usage(postgres, ...ACCOUNTS);
  await second.stop();
  await group.forgetOffsets();
  const more = stored('quiet', 30);
  await topics.produce(EVENTS, records(1, [more]));
  await using _third = await instance.start();
  await group.caughtUp();

  const events = [...killed, ...quiet, more];
  const actual = await settledUsage(postgres, events);
  const expected = golden(events);
  await explain(
    () => expect(actual, 'usage after everything was read again').toEqual(expected),
    async () => {
      if (sumOf(actual, 'quiet') <= sumOf(expected, 'quiet')) return;
      const observed = `The offsets were reset, and the projector read the topic again. Before, usage said ${before.join(', ')}; now it says ${actual.join(', ')}. One event of 30 bytes is new.`;
      await explainDouble({ topics, group, postgres, observed });
    },
  );
});

/** Bytes of an account, over all days and plans. */
function sumOf(rows: readonly string[], account: string): number {
  return rows
    .filter((row) => row.startsWith(`${account} `))
    .reduce((sum, row) => sum + Number(row.split(' ').at(-1)), 0);
}

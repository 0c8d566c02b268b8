import { setTimeout as sleep } from 'node:timers/promises';
import {
  eventually,
  explain,
  expect,
  gate,
  judges,
  lesson,
  type Reply,
  type StartedService,
} from '@backend-labs/testkit';
import { test as base } from './support/billing.ts';
import {
  bytesIn,
  golden,
  OBJECT_BYTES,
  planChanged,
  records,
  stored,
  settledUsage,
} from './support/events.ts';
import type { Group } from './support/group.ts';
import { DEAD_LETTERS, EVENTS } from './support/names.ts';
import { SIZE } from './support/storage.ts';
import { expectSame } from './support/same.ts';

const SESSION_TIMEOUT_MS = 1000;
/** How long the size of the slow object takes, each time it is requested. */
const SLOW_MS = 2 * SESSION_TIMEOUT_MS;
/** The ticket's bound. One slow answer takes 2 s, and a member that is put out of the group in that time never gets past it. */
const PAST_WITHIN_MS = 10_000;
/** A takeover takes 1 s and some; the ticket's bound. */
const TAKEOVER_WITHIN_MS = 8_000;

/** How often all instances together may request the slow object. */
const ASKED_AT_MOST = 3;

const SLOW_IN = 2;
const SLOW_AT = 1;
const slow = [
  stored('slow', 5),
  stored('slow', 'archived'),
  planChanged('slow', 'pro'),
  stored('slow', 6),
];
const others = [0, 1, 3].flatMap((partition) =>
  records(partition, [stored(`other-${partition}`, 1), stored(`other-${partition}`, 2)]),
);

/** The test has committed these offsets for the group: no instance has applied the events. */
const PASSED_IN = 5;
const passed = [1, 2, 3].map((size) => stored('passed', size));
/** Behind those. That there is no such object takes as long to find out as a size. */
const lost = stored('passed', 'lost');

const FROZEN_IN = 4;
const frozen = [stored('frozen', 'held'), planChanged('frozen', 'pro'), stored('frozen', 8)];

interface Lag {
  readonly lag: number;
  readonly partitions?: readonly {
    readonly partition: number;
    readonly end: number;
    readonly committed: number;
    readonly lag: number;
  }[];
}

/** `pair`: two instances, each with a name by which the storage knows it; the second comes later. */
const test = base
  .extend('pair', { scope: 'file' }, async ({ topics, storage, group, projector, cleanup }) => {
    /** The slow answers also wait until the test has looked at the lag. */
    const looked = gate(99, { opens: 'by hand' });
    const slowly = (reply: Reply) => async (): Promise<Reply> => {
      await Promise.all([sleep(SLOW_MS), looked.arrive()]);
      return reply;
    };
    storage.when('archived', slowly(SIZE));
    storage.when('lost', slowly({ status: 404 }));
    await topics.produce(EVENTS, [
      ...records(SLOW_IN, slow),
      ...records(PASSED_IN, [...passed, lost]),
      ...others,
    ]);
    await group.setOffset(PASSED_IN, passed.length);
    const instances = new Map<string, StartedService>();
    const start = async (name: string): Promise<StartedService> => {
      const instance = await projector
        .with({
          KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
          STORAGE_URL: `${storage.url}/${name}`,
        })
        .start();
      instances.set(`/${name}`, instance);
      return instance;
    };
    cleanup.defer(async () => {
      looked.open();
      for (const instance of instances.values()) await instance[Symbol.asyncDispose]();
    });
    await start('first');
    await eventually('the projector to request an object', () => storage.asked('archived'));
    await start('second');
    return { instances, looked };
  })
  /** `pastTheSlow`: the outcome for the slow objects, whose answers are let out now. */
  .extend('pastTheSlow', { scope: 'file' }, ({ file, pair, storage, group }) =>
    file.once('pastTheSlow', async () => {
      const members = await group.members();
      pair.looked.open();
      const begun = performance.now();
      const hopeless = (): string | undefined =>
        storage.asked('archived') > ASKED_AT_MOST
          ? `the slow object was requested ${storage.asked('archived')} times`
          : undefined;
      const error = await group.caughtUp({ within: PAST_WITHIN_MS, hopeless }).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      const seconds = Math.round((performance.now() - begun) / 1000);
      const stuck = (await group.lag())[SLOW_IN];
      const now = await group.members();
      const gone = members.filter((id) => !now.includes(id)).length;
      const asked = storage.asked('archived');
      // The next tests must not wait for an instance that never gets past them.
      storage.when('archived', () => SIZE);
      storage.when('lost', () => ({ status: 404 }));
      group.forgive();
      return {
        error,
        seconds,
        committed: stuck?.committed ?? 0,
        members: members.length,
        gone,
        asked,
      };
    }),
  )
  /** `thawed`: an instance was frozen in the middle of an event, another went on, and it woke. */
  .extend('thawed', { scope: 'file' }, ({ file, pair, storage, group, topics, postgres }) =>
    file.once('thawed', async () => {
      await bothIn(group, pair.instances);
      using asleep = gate(1, { opens: 'by hand' });
      let victim: StartedService | undefined;
      storage.when('held', async (time, caller) => {
        if (time === 1) victim = pair.instances.get(caller);
        await asleep.arrive();
        return SIZE;
      });
      await topics.produce(EVENTS, records(FROZEN_IN, frozen));
      await asleep.reached();
      victim?.signal('SIGSTOP');
      try {
        return await group.caughtUp({ within: TAKEOVER_WITHIN_MS }).then(
          () => undefined,
          async (error: unknown) => {
            const locks = await postgres.locksHeld();
            return { error, waiting: locks.find(({ blockedBy }) => blockedBy.length > 0)?.query };
          },
        );
      } finally {
        victim?.signal('SIGCONT');
        asleep.open();
      }
    }),
  );

test(
  'GET /lag agrees with the broker on every instance',
  judges('5.5'),
  async ({ pair, group }) => {
    await group.caughtUp({ partitions: [0, 1, 3] });
    const answers = new Map<string, Lag>();
    await explain(
      () =>
        eventually(
          'GET /lag to say what the broker says',
          async () => {
            for (const [name, instance] of pair.instances) {
              const expected = await trueLag(group);
              const { body } = (await instance.get<Lag>('/lag')).expect(200);
              answers.set(name, body);
              expectSame(
                `GET /lag of the ${name.slice(1)} instance`,
                inWords(body),
                inWords(expected),
              );
            }
            return true;
          },
          { within: 3000 },
        ).then(() => {}),
      async () => {
        const all = [];
        for (const instance of pair.instances.values()) {
          all.push((await instance.get<Lag>('/lag')).expect(200).body);
        }
        const [first, second] = all;
        const truth = await trueLag(group);
        if (String(inWords(first)) === String(inWords(second))) return;
        lesson('lag-from-memory', {
          observed: `At the same moment one instance says lag ${first?.lag} in partitions ${numbersOf(first)}, the other lag ${second?.lag} in partitions ${numbersOf(second)}. By the broker it is ${truth.lag}.`,
          meaning:
            'The lag belongs to the group, and an instance knows only its own share: the partitions that it has now, and how far it has read, which is not how far it has committed. If it is stuck or gone, its numbers do not move.',
          lookAt:
            'the one place that knows the ends of all partitions and the committed offsets of the group.',
        });
      },
    );
  },
);

test(
  'an event that takes longer than the session timeout is applied',
  judges('5.1'),
  async ({ pastTheSlow, topics, postgres }) => {
    await explain(
      () => {
        if (pastTheSlow.error !== undefined) throw pastTheSlow.error;
      },
      () => diagnoseNoHeartbeat(pastTheSlow),
    );
    const actual = await settledUsage(postgres, slow);
    expectSame('usage of the account with the slow event', actual, golden(slow));
    const [parked] = await topics.endOffsets(DEAD_LETTERS);
    const what = `records in ${DEAD_LETTERS}, for an object that got a slow 404`;
    expect(parked, what).toBeGreaterThanOrEqual(1);
  },
);

test('a slow object is requested three times at most', judges('5.2'), async ({ pastTheSlow }) => {
  await explain(
    () => {
      expect(
        pastTheSlow.asked,
        'requests for the slow object, by all instances together',
      ).toBeLessThanOrEqual(ASKED_AT_MOST);
    },
    () => diagnoseNoHeartbeat(pastTheSlow),
  );
});

/** Throws a lesson when a slow event has put members out of the group again and again. */
function diagnoseNoHeartbeat(seen: {
  readonly asked: number;
  readonly committed: number;
  readonly members: number;
  readonly gone: number;
  readonly seconds: number;
}): void {
  const { asked, committed, members, gone, seconds } = seen;
  // Members that have stayed in the group all the time have another reason.
  if (asked < ASKED_AT_MOST || committed > SLOW_AT || (members > 0 && gone === 0)) return;
  lesson('work-without-heartbeat', {
    observed: `The storage takes ${SLOW_MS} ms to answer for one object, and the session timeout is ${SESSION_TIMEOUT_MS} ms. In ${seconds} s, the object was requested ${asked} times. Partition ${SLOW_IN} is still at that event, offset ${committed}, and of the ${members} members that the group had before, ${members - gone} are still in it.`,
    meaning:
      'kafkajs sends heartbeats between two records, never during one. The group takes a member that works longer than its session for dead: another member gets its partitions, its commit is refused, and the next member begins the same event again.',
    lookAt: 'how the group can learn that this member is alive while it waits.',
  });
}

test('an instance that freezes is replaced', judges('5.3'), async ({ thawed }) => {
  await explain(
    () => {
      if (thawed) throw thawed.error;
    },
    () => {
      if (thawed?.waiting === undefined) return;
      lesson('lock-held-while-waiting', {
        observed: `One instance was frozen while it waited for the size of an object. The other instance got its partition ${FROZEN_IN}, and waits in Postgres for a lock that the frozen one holds: ${shortened(thawed.waiting)}`,
        meaning:
          'A lock lasts until its transaction ends, and a transaction ends when its process says so. A process that was killed closes its connection, and Postgres rolls back. A process that is frozen keeps the connection open, and the lock as well: the group has replaced it, and the database has not.',
        lookAt: 'what a transaction of yours waits for while it is open.',
      });
    },
  );
});

const shortened = (sql: string): string => sql.replaceAll(/\s+/gu, ' ').trim().slice(0, 80);

test(
  'an instance that wakes up counts no event twice',
  judges('5.4'),
  async ({ thawed: _thawed, pair, storage, group, postgres }) => {
    await bothIn(group, pair.instances);
    await group.caughtUp();
    const actual = await settledUsage(postgres, frozen);
    const expected = golden(frozen);
    await explain(
      () => expectSame('usage of the account whose event was in flight', actual, expected),
      () => {
        const extra = bytesIn(actual) - bytesIn(expected);
        if (storage.asked('held') < 2 || extra < OBJECT_BYTES) return;
        lesson('check-then-write', {
          observed: `An instance was frozen while it waited for the size of an event, and the other one took over and applied it. Then the first one woke up, got its answer, and counted the event again: usage says ${actual.join(', ')}, and the events come to ${expected.join(', ')}.`,
          meaning:
            'The code looked up before the work whether the event is new, and believed it after the work. In between, an instance can lose its partition without noticing, and its next heartbeat comes too late. Both instances were right when they looked.',
          lookAt:
            'a check that only one of two instances can win, made in the transaction that writes.',
        });
      },
    );
  },
);

/** Waits until both instances share the partitions. Says so when one has ended. */
async function bothIn(group: Group, instances: ReadonlyMap<string, StartedService>): Promise<void> {
  try {
    await group.settled(2);
  } catch (error) {
    for (const [name, { running }] of instances) {
      if (!running) expect.fail(`The ${name.slice(1)} instance has ended; both should run on.`);
    }
    throw error;
  }
}

/** The true answer to `GET /lag`. */
async function trueLag(group: Group): Promise<Lag> {
  const partitions = (await group.lag()).map(({ partition, end, committed = 0, lag }) => ({
    partition,
    end,
    committed,
    lag,
  }));
  return { lag: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions };
}

/** One line for each partition, and one for all. A number that was sent as text is shown as text. */
function inWords(answer: Partial<Lag> | undefined): string[] {
  const partitions = answer?.partitions ?? [];
  return [
    ...partitions.map((one) =>
      ['partition', 'end', 'committed', 'lag']
        .map((name) => `${name} ${JSON.stringify(one[name as keyof typeof one])}`)
        .join(', '),
    ),
    `lag ${JSON.stringify(answer?.lag)}`,
  ];
}

const numbersOf = (answer: Lag | undefined): string =>
  answer?.partitions?.map(({ partition }) => partition).join(', ') || 'none';

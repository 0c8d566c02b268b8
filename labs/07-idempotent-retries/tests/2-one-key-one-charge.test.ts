import {
  type Answer,
  Draw,
  each,
  explain,
  expect,
  gate,
  happens,
  judges,
  lesson,
  type PostgresProbe,
  type StartedService,
  TcpProxy,
} from '@backend-labs/testkit';
import {
  expectRetryAfter,
  expectSameAnswer,
  newTap,
  pay,
  plural,
  rowsFor,
  type Tap,
  tally,
} from './support/charges.ts';
import { inTime } from './support/in-time.ts';
import { Line, overlapped } from './support/line.ts';
import { test as base } from './support/payments.ts';
import { fails, heldAt, type Provider } from './support/provider.ts';

const CONNECTIONS = 20;
const DELIVERIES = 100;
const EACH = DELIVERIES / CONNECTIONS;
/** The ticket prints it. On a busy machine all but the one at the provider are answered within 1.2 s. */
const ANSWERED_WITHIN_MS = 12_000;
/** On a busy machine even a right service may be seen to wait for a lock, and then goes on. */
const WAITS_FOR_MS = 2_000;
/** The starter's pool has ten connections. */
const MORE_THAN_A_POOL = 12;
const JSON_TYPE = /^application\/json\b/u;
/** Postgres's code for a duplicate key. */
const UNIQUE_VIOLATION = '23505';

/** Two instances of the service whose statements pass a line that the test controls. */
const paired = base.extend('pair', { scope: 'file' }, async ({ payments, lease, cleanup }) => {
  const line = new Line();
  const url = lease.postgres?.url ?? '';
  const proxy = cleanup.use(await TcpProxy.to(url, line.tap));
  const definition = payments.with({ DATABASE_URL: proxy.rewrite(url) });
  const [first, second] = await Promise.all([definition.start(), definition.start()]);
  return { line, instances: [cleanup.use(first), cleanup.use(second)] as const };
});

interface Race {
  readonly source: string;
  readonly answers: readonly Answer[];
  /** Deliveries without an answer when the wait for them was over, but for those at the provider. */
  readonly stuck: number;
  /** Sessions of the service that waited for a lock then, and went on waiting. */
  readonly waiting: number;
}

interface Places {
  readonly provider: Provider;
  readonly postgres: PostgresProbe;
  readonly line: Line;
}

/**
 * 100 deliveries of one key over 20 connections, each to the next instance. The first write waits
 * for a second, and calls to the provider until all others are answered: they certainly overlap.
 */
async function race(
  { provider, postgres, line }: Places,
  instances: readonly StartedService[],
  tap: Tap,
): Promise<Race> {
  const { source } = tap;
  using held = gate(DELIVERIES, { opens: 'by hand' });
  provider.plan(source, heldAt(held));
  using writes = gate(2);
  line.holdWrites(writes);
  const answers: Answer[] = [];
  let finished = 0;
  const lines = Array.from({ length: CONNECTIONS }, async (_, at) => {
    for (let n = 0; n < EACH; n += 1) {
      const service = instances[(at + n) % instances.length] ?? instances[0];
      if (service) answers.push(await pay(service, tap));
    }
    finished += 1;
  });
  const racing = Promise.all(lines);
  racing.catch(() => {});
  await overlapped(writes, postgres, () => held.arrived > 0 || finished >= CONNECTIONS - 1);
  writes.open();
  let stuck = 0;
  let waiting = 0;
  const answered = await Promise.race([
    racing.then(() => true),
    happens(() => held.arrived > 0 && finished + held.arrived >= CONNECTIONS, {
      within: ANSWERED_WITHIN_MS,
    }),
  ]);
  if (!answered) {
    stuck = CONNECTIONS - finished - held.arrived;
    const isFree = async () => {
      waiting = (await postgres.locksHeld()).filter(({ granted }) => !granted).length;
      return waiting === 0;
    };
    await happens(isFree, { within: WAITS_FOR_MS });
  }
  held.open();
  await racing;
  return { source, answers, stuck, waiting };
}

const test = paired.extend(
  'raced',
  { scope: 'file' },
  async ({ file, run, provider, postgres, pair }) => {
    const draw = new Draw(run.seed, 'the race');
    const places = { provider, postgres, line: pair.line };
    return file.once('raced', () => race(places, pair.instances, newTap(draw, 'race')));
  },
);

test(
  'the provider charges once for 100 deliveries of one key',
  judges('2.1'),
  async ({ draw, provider, postgres, pair, raced }) => {
    const { source, answers } = raced;
    const charged = provider.chargesFor(source).length;
    await explain(
      () => {
        expect(
          charged,
          `charges at the provider for one key; the answers were ${tally(answers)}`,
        ).toBe(1);
      },
      () => explainCharges({ provider, postgres, line: pair.line }, pair.instances, charged, draw),
    );
  },
);

test(
  '100 deliveries of one key make one row',
  judges('2.2'),
  async ({ postgres, raced: { source } }) => {
    const rows = await rowsFor(postgres, source);
    expect(rows, 'rows of charges for that card').toMatchObject([{ status: 'succeeded' }]);
  },
);

test(
  'the service answers a delivery with 201 or 409',
  judges('2.3'),
  async ({ pair, postgres, raced: { answers, source } }) => {
    const others = answers.filter(({ status }) => status !== 201 && status !== 409);
    await explain(
      () => {
        expect(
          others.map(({ status }) => status),
          `answers that are neither 201 nor 409, of ${tally(answers)}`,
        ).toEqual([]);
      },
      async () => {
        // With several charges, no index decided the race.
        if ((await rowsFor(postgres, source)).length !== 1) return;
        const violations = pair.instances.flatMap(({ logs }) =>
          logs.entries.filter((entry) => JSON.stringify(entry).includes(UNIQUE_VIOLATION)),
        );
        if (violations.length === 0 || others.some(({ status }) => status !== 500)) return;
        lesson('loser-gets-500', {
          observed: `Of ${DELIVERIES} deliveries of one key, ${plural(others.length, 'delivery', 'deliveries')} got 500. Postgres refused ${plural(violations.length, 'INSERT')} with ${UNIQUE_VIOLATION}, a duplicate key.`,
          meaning:
            'The unique index decided the race, as it should. To the requests that lose it, the refusal is an answer to a question and not a failure; a client that gets 500 does not know what became of its charge.',
          lookAt: 'how a statement can lose without an error, and what the loser answers.',
        });
      },
    );
  },
);

test(
  'a delivery is answered while the provider holds another',
  judges('2.4'),
  async ({ raced: { stuck, waiting } }) => {
    await explain(
      () => {
        expect(
          stuck,
          `requests without an answer after ${ANSWERED_WITHIN_MS / 1000} s, while the provider held another request of their key`,
        ).toBe(0);
      },
      () => {
        if (stuck > 0 && waiting === 0) {
          lesson('waits-for-the-first', {
            observed: `While the provider held one charge, ${plural(stuck, 'request')} of its key had no answer, and no session of the service waited in Postgres.`,
            meaning:
              'Each retry waits in the service until the first request is done. A client that gives up and sends the next one adds one more that waits, just when the provider is slow.',
            lookAt: 'what a request can answer that finds its key under way.',
          });
        }
        if (waiting === 0) return;
        lesson('claim-in-same-tx', {
          observed: `While the provider held one charge, ${plural(stuck, 'connection')} had no answer, and ${plural(waiting, 'session')} of the service waited in Postgres for the transaction of that charge.`,
          meaning:
            'The claim is in the transaction that calls the provider. Until it commits, every request that inserts the same key waits in the database with a connection of the pool, so one slow charge takes them all, and other customers wait too.',
          lookAt: 'when others can see the claim, and what is between BEGIN and COMMIT.',
        });
      },
    );
  },
);

test('a 409 says when to try again', judges('2.5'), async ({ raced: { answers } }) => {
  const running = answers.filter(({ status }) => status === 409);
  const seen = `answers with 409, of ${tally(answers)}, while the provider held one delivery`;
  expect(running.length, seen).toBeGreaterThan(0);
  await expectRetryAfter(running, 'a delivery whose key is under way');
});

test(
  'a key stays under way when the outcome of another is not known',
  judges('2.5'),
  async ({ draw, provider, pair }) => {
    using held = gate(1, { opens: 'by hand' });
    const [here] = pair.instances;
    const slow = newTap(draw, 'under-way');
    provider.plan(slow.source, heldAt(held));
    const first = pay(here, slow);
    first.catch(() => {});
    await held.reached();
    // Where a second delivery gets something else anyway, the race says so.
    const before = await inTime(WAITS_FOR_MS, pay(here, slow));
    if (before?.status !== 409) return;
    const other = newTap(draw, 'not-known');
    provider.plan(other.source, fails({ status: 500 }));
    await pay(here, other);
    const second = await inTime(ANSWERED_WITHIN_MS, pay(here, slow));
    held.open();
    await first;
    expect(
      second?.status ?? `no answer in ${ANSWERED_WITHIN_MS / 1000} s`,
      'status of a second delivery while the first was under way, when a charge with another key had ended without an outcome',
    ).toBe(409);
  },
);

test(
  'other keys are served while the provider holds charges',
  judges('2.6'),
  async ({ draw, provider, pair }) => {
    using held = gate(MORE_THAN_A_POOL + 1, { opens: 'by hand' });
    const [here] = pair.instances;
    const slow = Array.from({ length: MORE_THAN_A_POOL }, (_, n) => {
      const tap = newTap(draw, `slow-${n}`);
      provider.plan(tap.source, heldAt(held));
      return pay(here, tap);
    });
    const under = Promise.allSettled(slow);
    // Some never come: those that wait for a connection.
    await happens(() => held.arrived >= MORE_THAN_A_POOL, { within: WAITS_FOR_MS });
    const quick = await inTime(ANSWERED_WITHIN_MS, pay(here, newTap(draw, 'quick')));
    const atProvider = held.arrived;
    held.open();
    await under;
    await explain(
      () => {
        expect(
          quick?.status ?? `no answer in ${ANSWERED_WITHIN_MS / 1000} s`,
          `status of a charge while the provider held ${MORE_THAN_A_POOL} others`,
        ).toBe(201);
      },
      () => {
        if (quick || atProvider >= MORE_THAN_A_POOL) return;
        lesson('one-at-the-till', {
          observed: `Of ${MORE_THAN_A_POOL} charges ${atProvider} came to the provider, which held them. The others waited in the service, and so did a charge with another key, for ${ANSWERED_WITHIN_MS / 1000} s.`,
          meaning:
            'Each charge keeps something while the provider works, a slot or a connection, and there are only so many. A few slow cards stop every customer.',
          lookAt: 'what a request holds while it waits for the provider, and which others need it.',
        });
      },
    );
  },
);

test(
  'a retry gets the same bytes from any instance',
  judges('2.7'),
  async ({ draw, provider, pair }) => {
    const tap = newTap(draw, 'again');
    const [here, there] = pair.instances;
    const first = (await pay(here, tap)).expect(201);
    expect(first.headers['content-type'], 'Content-Type of the first answer').toMatch(JSON_TYPE);
    const retries = [
      ['the same instance', here],
      ['another instance', there],
      ['the first instance again', here],
    ] as const;
    await each('retries', retries, async ([where, service]) => {
      const again = await pay(service, tap);
      await expectSameAnswer(first, again, `a retry at ${where}`);
      const replayed = again.headers['idempotent-replayed'];
      expect(replayed, `Idempotent-Replayed of a retry at ${where}`).toBe('true');
      expect(again.headers['content-type'], `Content-Type of a retry at ${where}`).toMatch(
        JSON_TYPE,
      );
    });
    expect(provider.chargesFor(tap.source), 'charges at the provider').toHaveLength(1);
  },
);

/** Which of the usual ways led to several charges. Each is shown by another race. */
async function explainCharges(
  places: Places,
  instances: readonly StartedService[],
  charged: number,
  draw: Draw,
): Promise<void> {
  const { provider, postgres } = places;
  const [one] = instances;
  if (!one) return;
  const alone = await race(places, [one], newTap(draw, 'alone'));
  const chargedAlone = provider.chargesFor(alone.source).length;
  if (charged === instances.length && chargedAlone === 1) {
    lesson('one-process', {
      observed: `${DELIVERIES} deliveries to ${instances.length} instances made ${charged} charges; ${DELIVERIES} deliveries to one of them made ${chargedAlone}.`,
      meaning:
        'Each process keeps the key apart in its own memory, and knows nothing of the other. It also forgets when it is deployed.',
      lookAt: 'a place that all instances share and that can say "taken" to all but one.',
    });
  }
  const use = await postgres.measure(() => race(places, instances, newTap(draw, 'measured')));
  const made = provider.chargesFor(use.result.source).length;
  const looks = use.statements.filter(
    ({ command, calls, rows }) => ['SELECT', 'WITH'].includes(command) && calls - rows >= made,
  );
  const locking = looks.find(({ query }) =>
    /\bFOR\s+(?:NO KEY )?UPDATE\b|\bFOR\s+SHARE\b/iu.test(query),
  );
  if (made > 1 && locking) {
    lesson('tx-for-update', {
      observed: `${DELIVERIES} deliveries of one key made ${made} charges. The statement that locks the key ran ${locking.calls} times and found no row to lock ${locking.calls - locking.rows} times.`,
      meaning:
        'FOR UPDATE locks rows that are there. Before the first charge is stored there is none, so that each transaction that looked went on. It stopped at the number of connections, not at one.',
      lookAt: 'a write that only one can win, before the provider is called.',
    });
  }
  const [look] = looks;
  if (made > 1 && look) {
    lesson('check-then-act', {
      observed: `${DELIVERIES} deliveries of one key made ${made} charges. The look for the key ran ${look.calls} times and found nothing ${look.calls - look.rows} times.`,
      meaning:
        'Between the look and the write there is time, here as long as the provider takes. All who looked in it saw that the key was free, and all of them charged.',
      lookAt: 'one statement that both asks and takes, and what the loser of that race answers.',
    });
  }
}

import {
  type Answer,
  explain,
  expect,
  gate,
  lesson,
  happens,
  type PostgresProbe,
  type StartedService,
  TcpProxy,
} from '@backend-labs/testkit';
import { chargeOf, pay, plural, rowsFor, tally } from './support/charges.ts';
import { Line, overlapped } from './support/line.ts';
import { test as base } from './support/payments.ts';
import { heldAt, type Provider } from './support/provider.ts';

const CONNECTIONS = 20;
const DELIVERIES = 100;
const EACH = DELIVERIES / CONNECTIONS;
/** Outer bound; on a busy machine all but the one at the provider have their answer within 1.2 s. */
const ANSWERED_WITHIN_MS = 12_000;
/** On a machine that is busy a right service, too, may be seen to wait for a lock, and then goes on. */
const WAITS_FOR_MS = 2_000;

/** Two instances of the service whose statements pass a line of the test's. */
const test = base.extend('pair', { scope: 'file' }, async ({ payments, lease, cleanup }) => {
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
 * for a second, and calls to the provider until all others are answered: they overlap for certain.
 */
async function race(
  { provider, postgres, line }: Places,
  instances: readonly StartedService[],
  key: string,
): Promise<Race> {
  const source = `card_${key.replaceAll('-', '_')}`;
  using held = gate(DELIVERIES, { opens: 'by hand' });
  provider.plan(source, heldAt(held));
  using writes = gate(2);
  line.holdWrites(writes);
  const answers: Answer[] = [];
  let finished = 0;
  const lines = Array.from({ length: CONNECTIONS }, async (_, at) => {
    for (let n = 0; n < EACH; n += 1) {
      const service = instances[(at + n) % instances.length] ?? instances[0];
      if (service) answers.push(await pay(service, { key, source }));
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

test('100 deliveries of one key over 20 connections to two instances make one charge', async ({
  provider,
  postgres,
  pair,
}) => {
  const places = { provider, postgres, line: pair.line };
  const { source, answers, stuck, waiting } = await race(places, pair.instances, 'race-1');
  const charged = provider.chargesFor(source).length;
  await explain(
    () => {
      expect(
        charged,
        `charges at the provider for one key; the answers were ${tally(answers)}`,
      ).toBe(1);
    },
    () => explainCharges(places, pair.instances, charged),
  );
  await explain(
    () => {
      expect(
        stuck,
        `requests without an answer while the provider took its time with the first of their key`,
      ).toBe(0);
    },
    () => {
      if (waiting === 0) return;
      lesson('claim-in-same-tx', {
        observed: `While the provider took its time with one charge, ${plural(stuck, 'connection')} had no answer, and ${plural(waiting, 'session')} of the service waited in Postgres for the transaction of that charge.`,
        meaning:
          'The claim is in the transaction that calls the provider. Until it commits, whoever inserts the same key waits in the database with a connection of the pool, so that one slow charge takes them all, from other customers too.',
        lookAt: 'when others can see the claim, and what is between BEGIN and COMMIT.',
      });
    },
  );
  const statuses = answers.map(({ status }) => status);
  expect(
    statuses.filter((status) => status !== 201 && status !== 409),
    `answers that are neither 201 nor 409, of ${tally(answers)}`,
  ).toEqual([]);
  const running = answers.filter(({ status }) => status === 409);
  expect(
    running.filter(({ headers }) => !/^[1-9]\d*$/u.test(headers['retry-after'] ?? '')),
    'answers of 409 without a Retry-After of whole seconds',
  ).toEqual([]);
  expect(running.length, 'answers of 409 while the first was at the provider').toBeGreaterThan(0);
  const rows = await rowsFor(postgres, source);
  expect(rows, 'rows of charges for that card').toMatchObject([{ status: 'succeeded' }]);
});

test('a retry gets the same bytes from any instance', async ({ provider, pair }) => {
  const tap = { key: 'again-1', source: 'card_again_1' };
  const [here, there] = pair.instances;
  const first = (await pay(here, tap)).expect(201);
  for (const service of [here, there, here]) {
    const again = (await pay(service, tap)).expect(201);
    expect(again.text, 'the body of a retry').toBe(first.text);
    expect(again.headers['idempotent-replayed'], 'header Idempotent-Replayed of a retry').toBe(
      'true',
    );
  }
  expect(provider.chargesFor(tap.source), 'charges at the provider').toHaveLength(1);
  expect(chargeOf(first)).toMatchObject({ amount: 1250, status: 'succeeded' });
});

test('other keys are served while one charge is at the provider', async ({ provider, pair }) => {
  using held = gate(25, { opens: 'by hand' });
  const [here] = pair.instances;
  const slow = Array.from({ length: 12 }, (_, n) => {
    const source = `card_slow_${n}`;
    provider.plan(source, heldAt(held));
    return pay(here, { key: `slow-${n}`, source });
  });
  const under = Promise.all(slow);
  under.catch(() => {});
  await held.reached(12);
  const quick = await pay(here, { key: 'quick-1', source: 'card_quick' });
  held.open();
  for (const answer of await under) answer.expect(201);
  quick.expect(201);
});

/** Which of the usual ways led to several charges. Each is shown by another race. */
async function explainCharges(
  places: Places,
  instances: readonly StartedService[],
  charged: number,
): Promise<void> {
  const { provider, postgres } = places;
  const [one] = instances;
  if (!one) return;
  const alone = await race(places, [one], 'race-alone');
  const chargedAlone = provider.chargesFor(alone.source).length;
  if (charged === instances.length && chargedAlone === 1) {
    lesson('one-process', {
      observed: `${DELIVERIES} deliveries to ${instances.length} instances made ${charged} charges; ${DELIVERIES} deliveries to one of them made ${chargedAlone}.`,
      meaning:
        'Each process keeps the key apart in its own memory, and knows nothing of the other. It also forgets when it is deployed.',
      lookAt: 'a place that all instances share and that can say "taken" to all but one.',
    });
  }
  const use = await postgres.measure(() => race(places, instances, 'race-measured'));
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

import {
  type ExecutedPlan,
  explain,
  expect,
  type IndexInfo,
  lesson,
  type PlanNode,
  type PostgresProbe,
  type StartedService,
  test,
  thousands,
} from '@backend-labs/testkit';
import { LIMIT } from './support/limits.ts';
import { by, placeOrder, remove, STATUSES, TENANT } from './support/orders.ts';
import { costliest, describe, indexOf, lookedAt, scanOf } from './support/plans.ts';

interface Report {
  readonly orders: number;
  readonly totalCents: number;
}

/** Business days of Europe/Madrid as instants, written out: the test must not compute them. */
const DAYS = {
  ordinary: { day: '2025-08-20', from: '2025-08-19T22:00:00Z', to: '2025-08-20T22:00:00Z' },
  /** Clocks go forward: 23 hours. */
  short: { day: '2025-03-30', from: '2025-03-29T23:00:00Z', to: '2025-03-30T22:00:00Z' },
  /** Clocks go back: 25 hours. */
  long: { day: '2025-10-26', from: '2025-10-25T22:00:00Z', to: '2025-10-26T23:00:00Z' },
  import: { day: '2025-12-01', from: '2025-11-30T23:00:00Z', to: '2025-12-01T23:00:00Z' },
} as const;
type Day = (typeof DAYS)[keyof typeof DAYS];

const path = ({ day }: Day): string => `/v1/reports/daily?day=${day}`;

async function report(service: StartedService, tenant: number, day: Day): Promise<Report> {
  const { body } = (await service.get(path(day), by(tenant))).expect(200);
  expect(body, `GET ${path(day)} must answer { day, orders, totalCents }`).toMatchObject({
    orders: expect.any(Number),
    totalCents: expect.any(Number),
  });
  const { orders, totalCents } = body as Report;
  return { orders, totalCents };
}

/** What was sold between two instants, the second not included. */
async function sold(
  postgres: PostgresProbe,
  tenant: number,
  from: string,
  to: string,
): Promise<Report> {
  const [row] = await postgres.query<Report>(
    `SELECT count(*)::float8 AS orders, coalesce(sum(total_cents), 0)::float8 AS "totalCents"
       FROM orders WHERE tenant_id = $1 AND placed_at >= $2 AND placed_at < $3`,
    [tenant, from, to],
  );
  return row ?? { orders: Number.NaN, totalCents: Number.NaN };
}

const sum = ({ orders, totalCents }: Report): string =>
  `${thousands(orders)} orders of ${thousands(totalCents)} cents`;

const same = (a: Report, b: Report): boolean =>
  a.orders === b.orders && a.totalCents === b.totalCents;

const hoursAfter = (instant: string, hours: number): string =>
  new Date(Date.parse(instant) + hours * 3_600_000).toISOString();

/** What the seed holds between the two instants of a day. */
const GOLDEN = [
  { tenant: TENANT.whale, day: DAYS.ordinary, sold: { orders: 973, totalCents: 19_964_604 } },
  { tenant: TENANT.whale, day: DAYS.short, sold: { orders: 935, totalCents: 19_212_841 } },
  { tenant: TENANT.whale, day: DAYS.long, sold: { orders: 1041, totalCents: 21_385_626 } },
  { tenant: TENANT.average, day: DAYS.long, sold: { orders: 8, totalCents: 182_997 } },
] as const;

test('a day has the orders of its 23, 24 or 25 hours', async ({ service, postgres }) => {
  for (const { tenant, day, sold: expected } of GOLDEN) {
    const seen = await report(service, tenant, day);
    await explain(
      () => {
        expect(sum(seen), `${day.day} in Madrid, for tenant ${tenant}`).toBe(sum(expected));
      },
      async () => {
        const midnight = `${day.day}T00:00:00Z`;
        const fixed = await sold(postgres, tenant, day.from, hoursAfter(day.from, 24));
        const utc = await sold(postgres, tenant, midnight, hoursAfter(midnight, 24));
        const observed = `${day.day} for tenant ${tenant}: the report says ${sum(seen)}; from midnight to midnight in Madrid it was ${sum(expected)}.`;
        if (day !== DAYS.ordinary && same(seen, fixed)) {
          lesson('day-is-24-hours', {
            observed: `${observed} In the 24 hours after that midnight it was ${sum(fixed)}.`,
            meaning:
              'On this day the clocks change, so the next midnight is not 24 hours away. The report takes an hour from one day and gives it to another, twice a year.',
            lookAt: 'letting the time zone say when the next day begins.',
          });
        }
        if (same(seen, utc)) {
          lesson('utc-day', {
            observed: `${observed} From midnight to midnight by UTC it was ${sum(utc)}.`,
            meaning:
              'A date compared with a point in time begins at midnight of the session, here UTC. Madrid is one or two hours ahead of it.',
            lookAt: 'the two instants at which that day begins and ends in its zone.',
          });
        }
      },
    );
  }
});

/** Two days that are over: an ordinary one, and the largest. */
const PAST = [
  { tenant: TENANT.average, day: DAYS.ordinary, noon: '2025-08-20T12:00:00Z' },
  { tenant: TENANT.importer, day: DAYS.import, noon: '2025-12-01T12:00:00Z' },
] as const;
/** More than 32 bits hold. */
const MUCH = 3_000_000_000;

interface Change {
  readonly day: Day;
  readonly what: string;
  readonly before: Report;
  readonly after: Report;
  readonly orders: number;
  readonly totalCents: number;
}

/** Requires that a report has what was changed since the one before it. */
function expectChange({ day, what, before, after, orders, totalCents }: Change): Promise<void> {
  const expected = {
    orders: before.orders + orders,
    totalCents: before.totalCents + totalCents,
  };
  return explain(
    () => {
      const request = `${day.day}, of ${sum(before)} before ${what}`;
      expect(sum(after), `the report of ${request}`).toBe(sum(expected));
    },
    () => {
      if (!same(after, before)) return;
      lesson('stale-summary', {
        observed: `Between two reports of ${day.day} ${what}; both say ${sum(before)}.`,
        meaning:
          'The numbers come from a copy that was made earlier. It is cheap to read because nothing keeps it true: each order that comes or changes after it is missing until somebody makes it anew.',
        lookAt:
          'reading fewer pages of the truth; or what must happen to a summary when an order changes.',
      });
    },
  );
}

test('an order placed elsewhere is in the next report', async ({ service, postgres }) => {
  for (const { tenant, day, noon } of PAST) {
    const before = await report(service, tenant, day);
    const ids: number[] = [];
    for (const status of STATUSES) {
      ids.push(await placeOrder(postgres, { tenant, status, placedAt: noon, cents: MUCH }));
    }
    const after = await report(service, tenant, day);
    const [moved, deleted, reduced] = ids;
    await postgres.query('UPDATE orders SET placed_at = $2 WHERE id = $1', [moved, DAYS.long.from]);
    await postgres.query('UPDATE orders SET total_cents = 1 WHERE id = $1', [reduced]);
    await postgres.query('DELETE FROM orders WHERE id = $1', [deleted]);
    // The day of the import is dear to count.
    const last = day === DAYS.ordinary ? await report(service, tenant, day) : undefined;
    await remove(postgres, ids);
    const orders = STATUSES.length;
    const placed = 'five orders of 3,000,000,000 cents were placed, one of each status';
    await expectChange({ day, what: placed, before, after, orders, totalCents: orders * MUCH });
    if (!last) continue;
    const what = 'one was moved to another day, one deleted, and one became 1 cent';
    const less = { orders: -2, totalCents: 1 - 3 * MUCH };
    await expectChange({ day, what, before: after, after: last, ...less });
  }
});

test('an order at midnight is in the day that begins', async ({ service, postgres }) => {
  const { day, from, to } = DAYS.long;
  const before = await report(service, TENANT.average, DAYS.long);
  const order = { tenant: TENANT.average, status: 'paid' } as const;
  const beforeIt = '2025-10-25T21:59:59.999999Z';
  const lastOfIt = '2025-10-26T22:59:59.999999Z';
  const ids = [
    await placeOrder(postgres, { ...order, cents: 100, placedAt: from }),
    await placeOrder(postgres, { ...order, cents: 10_000, placedAt: to }),
    await placeOrder(postgres, { ...order, cents: 1_000_000, placedAt: lastOfIt }),
    await placeOrder(postgres, { ...order, cents: 1, placedAt: beforeIt }),
  ];
  const after = await report(service, TENANT.average, DAYS.long);
  await remove(postgres, ids);
  const added = sum({
    orders: after.orders - before.orders,
    totalCents: after.totalCents - before.totalCents,
  });
  await explain(
    () => {
      expect(
        added,
        `what an order of 100 cents at the midnight of ${day}, one of 1,000,000 in its last microsecond, one of 10,000 at the next midnight and one of 1 in the microsecond before ${day} add to its report`,
      ).toBe(sum({ orders: 2, totalCents: 1_000_100 }));
    },
    () => {
      if (added !== sum({ orders: 3, totalCents: 1_010_100 })) return;
      lesson('both-midnights', {
        observed: `An order was placed at ${from}, the midnight at which ${day} begins in Madrid, and one at ${to}, at which it ends. The report has both.`,
        meaning:
          'The second midnight is the first instant of the next day. Whoever counts it to both days sells that order twice.',
        lookAt: 'which ends of the range belong to it.',
      });
    },
  );
});

const COSTS = [
  { tenant: TENANT.whale, day: DAYS.long, limit: LIMIT.ordinaryDay },
  { tenant: TENANT.average, day: DAYS.ordinary, limit: LIMIT.ordinaryDay },
  { tenant: TENANT.importer, day: DAYS.import, limit: LIMIT.importDay },
] as const;

test('a day is read by few buffers', async ({ service, postgres }) => {
  await postgres.query('VACUUM orders');
  for (const { tenant, day, limit } of COSTS) {
    const { result, buffers } = await postgres.measure(() => report(service, tenant, day));
    const cost = `The report of ${day.day} for tenant ${tenant}, ${thousands(result.orders)} orders, read ${thousands(buffers)} buffers; ${thousands(limit)} are allowed`;
    await explain(
      () => {
        expect(buffers, cost).toBeLessThanOrEqual(limit);
      },
      async () => {
        const plan = costliest(await postgres.plans((each) => each.get(path(day), by(tenant))));
        const scan = plan && scanOf(plan);
        if (plan && scan) {
          hiddenColumn(cost, scan);
          tableRead(cost, plan, scan, await postgres.indexes());
        }
        expect.fail(`${cost}. ${describe(plan)}`);
      },
    );
  }
});

const WRAPPED =
  /\bplaced_at (?:AT TIME ZONE|\)?::)|\b(?:date|date_trunc|to_char|extract)\(.*\bplaced_at\b/iu;

function hiddenColumn(cost: string, scan: PlanNode): void {
  const filter = scan.filter ?? '';
  if (!WRAPPED.test(filter)) return;
  lesson('date-func', {
    observed: `${cost}. Postgres computed a day for ${thousands(lookedAt(scan))} orders and kept ${thousands(scan.rows)} of them.`,
    meaning:
      'The condition is about the result of a function, and an index on placed_at holds the bare column. So no part of an index can be picked by it: every order is looked at, however few belong to the day.',
    lookAt: 'comparing the bare column with two instants that you compute once.',
  });
}

function tableRead(
  cost: string,
  plan: ExecutedPlan,
  scan: PlanNode,
  indexes: readonly IndexInfo[],
): void {
  const fetched = ['Index Scan', 'Bitmap Heap Scan'].includes(scan.type);
  const index = indexOf(scan, indexes);
  // One with the cents, too, may miss what else the statement names: that is another story.
  if (!index || [...index.key, ...index.included].includes('total_cents')) return;
  if (!fetched || plan.heapFetches > 0 || scan.rowsRemoved > scan.rows) return;
  lesson('table-for-every-row', {
    observed: `${cost}. An index found ${thousands(scan.rows)} orders, and each was then fetched from the table (${scan.type}).`,
    meaning:
      'The index says which orders belong to the day and not all that the report adds up. These orders lie far apart in the table, so that nearly each one costs a page.',
    lookAt: 'what the report needs of an order, and where it could be read instead.',
  });
}

import {
  type Answer,
  each,
  explain,
  expect,
  judges,
  lesson,
  type PostgresProbe,
  type StartedService,
  test,
  thousands,
} from '@backend-labs/testkit';
import { diagnoseReport } from './support/diagnose-report.ts';
import { LIMIT } from './support/limits.ts';
import { average, by, placeOrder, remove, STATUSES, TENANT } from './support/orders.ts';

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
  /** Each for one test, which is not about a report that was kept. */
  midnight: { day: '2025-05-14', from: '2025-05-13T22:00:00Z', to: '2025-05-14T22:00:00Z' },
  edges: { day: '2025-07-09', from: '2025-07-08T22:00:00Z', to: '2025-07-09T22:00:00Z' },
  large: { day: '2025-06-11', from: '2025-06-10T22:00:00Z', to: '2025-06-11T22:00:00Z' },
} as const;
type Day = (typeof DAYS)[keyof typeof DAYS];

const path = ({ day }: Day): string => `/v1/reports/daily?day=${day}`;

async function report(service: StartedService, tenant: number, day: Day): Promise<Report> {
  return reportOf(await service.get(path(day), by(tenant)));
}

function reportOf(answer: Answer): Report {
  const { body } = answer.expect(200);
  expect(body, `${answer.request} must answer { day, orders, totalCents }`).toMatchObject({
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
  `${counted(orders, 'order')} of ${counted(totalCents, 'cent')}`;

const counted = (many: number, noun: string): string =>
  `${thousands(many)} ${noun}${many === 1 ? '' : 's'}`;

const same = (a: Report, b: Report): boolean =>
  a.orders === b.orders && a.totalCents === b.totalCents;

const hoursAfter = (instant: string, hours: number): string =>
  new Date(Date.parse(instant) + hours * 3_600_000).toISOString();

/** What the seed holds for the largest tenant between the two instants of a day. */
const GOLDEN = [
  { day: DAYS.ordinary, expected: '973 orders of 19,964,604 cents' },
  { day: DAYS.short, expected: '935 orders of 19,212,841 cents' },
  { day: DAYS.long, expected: '1,041 orders of 21,385,626 cents' },
] as const;

test(
  'a day has the orders of its 23, 24 or 25 hours',
  judges('4.1'),
  async ({ draw, service, postgres }) => {
    const usual = average(draw);
    const reports: { tenant: number; day: Day; expected: string }[] = [];
    for (const golden of GOLDEN) {
      const { day } = golden;
      const expected = sum(await sold(postgres, usual, day.from, day.to));
      reports.push({ ...golden, tenant: TENANT.whale }, { tenant: usual, day, expected });
    }
    await each('reports', reports, async ({ tenant, day, expected }) => {
      const seen = await report(service, tenant, day);
      await explain(
        () => {
          expect(sum(seen), `${day.day} in Madrid, for tenant ${tenant}`).toBe(expected);
        },
        async () => {
          const midnight = `${day.day}T00:00:00Z`;
          const fixed = await sold(postgres, tenant, day.from, hoursAfter(day.from, 24));
          const utc = await sold(postgres, tenant, midnight, hoursAfter(midnight, 24));
          const observed = `${day.day} for tenant ${tenant}: the report says ${sum(seen)}; from midnight to midnight in Madrid it was ${expected}.`;
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
    });
  },
);

/** What orders, each of so many cents, add to a report while they are there. */
async function addedTo(
  { service, postgres }: Pick<Cost, 'service' | 'postgres'>,
  { tenant, day }: Pick<Cost, 'tenant' | 'day'>,
  orders: readonly { readonly cents: number; readonly placedAt: string }[],
): Promise<string> {
  const before = await sold(postgres, tenant, day.from, day.to);
  const ids: number[] = [];
  for (const order of orders) {
    ids.push(await placeOrder(postgres, { ...order, tenant, status: 'paid' }));
  }
  const after = await report(service, tenant, day);
  await remove(postgres, ids);
  return sum({
    orders: after.orders - before.orders,
    totalCents: after.totalCents - before.totalCents,
  });
}

test(
  'an order of the last microsecond of a day is in its report',
  judges('4.1'),
  async ({ draw, service, postgres }) => {
    const { edges: day } = DAYS;
    const added = await addedTo({ service, postgres }, { tenant: average(draw), day }, [
      { cents: 1_000_000, placedAt: '2025-07-09T21:59:59.999999Z' },
      { cents: 100, placedAt: '2025-07-08T21:59:59.999999Z' },
    ]);
    expect(
      added,
      `what an order of 1,000,000 cents in the last microsecond of ${day.day}, and one of 100 in the last microsecond of the day before, add to its report`,
    ).toBe(sum({ orders: 1, totalCents: 1_000_000 }));
  },
);

test(
  'an order at midnight is in the day that begins',
  judges('4.2'),
  async ({ draw, service, postgres }) => {
    const { midnight: day } = DAYS;
    const { from, to } = day;
    const added = await addedTo({ service, postgres }, { tenant: average(draw), day }, [
      { cents: 100, placedAt: from },
      { cents: 10_000, placedAt: to },
    ]);
    await explain(
      () => {
        expect(
          added,
          `what an order of 100 cents at the midnight of ${day.day} and one of 10,000 at the next midnight add to its report`,
        ).toBe(sum({ orders: 1, totalCents: 100 }));
      },
      () => {
        if (added !== sum({ orders: 2, totalCents: 10_100 })) return;
        lesson('both-midnights', {
          observed: `An order was placed at ${from}, the midnight at which ${day.day} begins in Madrid, and one at ${to}, at which it ends. The report has both.`,
          meaning:
            'The second midnight is the first instant of the next day. A report that counts it on both days sells that order twice.',
          lookAt: 'which ends of the range belong to it.',
        });
      },
    );
  },
);

test('a day is read by few buffers', judges('4.3'), async ({ draw, service, postgres }) => {
  await postgres.query('VACUUM orders');
  const reports = [
    { tenant: TENANT.whale, day: DAYS.long },
    { tenant: average(draw), day: DAYS.ordinary },
  ];
  await each('reports', reports, async ({ tenant, day }) => {
    await expectCheap({ service, postgres, tenant, day, limit: LIMIT.ordinaryDay });
  });
});

test(
  'the day of the import is read by few buffers',
  judges('4.4'),
  async ({ service, postgres }) => {
    await postgres.query('VACUUM orders');
    const { importer: tenant } = TENANT;
    await expectCheap({ service, postgres, tenant, day: DAYS.import, limit: LIMIT.importDay });
  },
);

/** Places an order of each status. Answers their ids. */
async function placeFive(
  postgres: PostgresProbe,
  order: { readonly tenant: number; readonly placedAt: string; readonly cents: number },
): Promise<number[]> {
  const ids: number[] = [];
  for (const status of STATUSES) ids.push(await placeOrder(postgres, { ...order, status }));
  return ids;
}

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
          'The numbers come from a copy that was made earlier. It is cheap to read because nothing keeps it true: each order that comes or changes after it is missing until somebody makes the copy again.',
        lookAt:
          'reading fewer pages of the truth; or what must happen to a summary when an order changes.',
      });
    },
  );
}

test(
  'an order placed elsewhere is in the next report',
  judges('4.5'),
  async ({ draw, service, postgres }) => {
    const past = [
      { tenant: average(draw), day: DAYS.ordinary, noon: '2025-08-20T12:00:00Z' },
      { tenant: TENANT.importer, day: DAYS.import, noon: '2025-12-01T12:00:00Z' },
    ];
    await each('reports', past, async ({ tenant, day, noon }) => {
      const before = await report(service, tenant, day);
      const ids = await placeFive(postgres, { tenant, placedAt: noon, cents: 1_234 });
      const after = await report(service, tenant, day);
      await remove(postgres, ids);
      const what = 'five orders of 1,234 cents were placed, one of each status';
      await expectChange({ day, what, before, after, orders: 5, totalCents: 5 * 1_234 });
    });
  },
);

test(
  'an order that was moved, changed or deleted is so in the next report',
  judges('4.6'),
  async ({ draw, service, postgres }) => {
    const { ordinary: day } = DAYS;
    const tenant = average(draw);
    const noon = '2025-08-20T12:00:00Z';
    const ids = await placeFive(postgres, { tenant, placedAt: noon, cents: 1_000 });
    const [moved, deleted, reduced] = draw.shuffle(ids);
    const before = await report(service, tenant, day);
    await postgres.query('UPDATE orders SET placed_at = $2 WHERE id = $1', [moved, DAYS.long.from]);
    await postgres.query('UPDATE orders SET total_cents = 1 WHERE id = $1', [reduced]);
    await postgres.query('DELETE FROM orders WHERE id = $1', [deleted]);
    const after = await report(service, tenant, day);
    await remove(postgres, ids);
    const what = 'an order was moved to another day, one deleted, and one became 1 cent';
    await expectChange({ day, what, before, after, orders: -2, totalCents: 1 - 3_000 });
  },
);

test('a sum above 32 bits is exact', judges('4.7'), async ({ draw, service, postgres }) => {
  const { large: day } = DAYS;
  // A tenant without other orders: at noon it is this day by any clock.
  const tenant = draw.int(5_000, 9_999);
  const cents = 3_000_000_000 + draw.int(0, 999);
  const order = { tenant, status: 'paid', cents, placedAt: '2025-06-11T12:00:00Z' } as const;
  const id = await placeOrder(postgres, order);
  const expected = sum({ orders: 1, totalCents: cents });
  const small = await service.get(path(day), by(average(draw)));
  const answer = await service.get(path(day), by(tenant));
  await remove(postgres, [id]);
  await explain(
    () => {
      expect(sum(reportOf(answer)), `the report of ${day.day} for tenant ${tenant}`).toBe(expected);
    },
    () => {
      if (answer.status < 500 || small.status !== 200) return;
      lesson('sum-as-int', {
        observed: `With an order of ${thousands(cents)} cents the report of ${day.day} answered ${answer.status}. That of another tenant, who sold less, answered 200.`,
        meaning:
          'An integer of Postgres ends at 2,147,483,647. The cast makes the answer a number, until a tenant sells for more than 21 million in one day.',
        lookAt: 'where the text that pg hands over for a large number becomes a number.',
      });
    },
  );
});

interface Cost {
  readonly service: StartedService;
  readonly postgres: PostgresProbe;
  readonly tenant: number;
  readonly day: Day;
  readonly limit: number;
}

async function expectCheap({ service, postgres, tenant, day, limit }: Cost): Promise<void> {
  const { result, buffers } = await postgres.measure(() => report(service, tenant, day));
  const cost = `The report of ${day.day} for tenant ${tenant}, ${thousands(result.orders)} orders, read ${thousands(buffers)} buffers; ${thousands(limit)} are allowed`;
  await explain(
    () => {
      expect(buffers, cost).toBeLessThanOrEqual(limit);
    },
    () => diagnoseReport(postgres, cost, (instance) => instance.get(path(day), by(tenant))),
  );
}

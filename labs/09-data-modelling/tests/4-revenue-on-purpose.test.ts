import {
  type Answer,
  each,
  explain,
  expect,
  judges,
  lesson,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';
import { type Invoice, order, type Order, someCustomer } from './support/api.ts';
import { heads, lines as linesOf, idsOf } from './support/contract.ts';
import { cutEverywhere } from './support/cut-off.ts';
import { must, urlOf } from './support/draws.ts';
import { test } from './support/in-turns.ts';
import { lastingProduct } from './support/lasting-product.ts';
import { added, differing, type Month, report, reported } from './support/revenue.ts';

const LIMIT = 20;
const BUSY_YEAR = 2025;

test('a report reads few buffers', judges('4.1'), async ({ postgres, service }) => {
  await postgres.query('VACUUM (ANALYZE)');
  const send = (to: StartedService): Promise<Answer> =>
    to.get(`/v1/reports/revenue?year=${BUSY_YEAR}`);
  const { buffers, result } = await postgres.measure(() => send(service));
  result.expect(200);
  const cost = `The report of ${BUSY_YEAR} read ${thousands(buffers)} buffers; ${LIMIT} are allowed`;
  await explain(
    () => expect(buffers, cost).toBeLessThanOrEqual(LIMIT),
    async () => {
      const plans = await postgres.plans(send);
      const rows = Math.max(...plans.flatMap((plan) => plan.nodes().map((node) => node.rows)));
      if (rows < 1_000) return;
      lesson('added-up-when-asked', {
        observed: `${cost}. It went through ${thousands(rows)} rows to answer twelve.`,
        meaning:
          'The sum of a month is computed with every request from every invoice of the year. It grows with the business, and most of it has not changed since the last request.',
        lookAt: 'what could be added up when an invoice is written, once.',
      });
    },
  );
});

const cancel = (service: StartedService, id: number): Promise<Answer> =>
  service.post(`/v1/invoices/${id}/cancel`, undefined, { within: 10_000 });

const total = (months: readonly Month[]) => ({
  invoices: months.reduce((sum, { invoices }) => sum + invoices, 0),
  cents: months.reduce((sum, { cents }) => sum + cents, 0),
});

test('the invoices of before are in the reports', judges('4.2'), async ({ postgres, service }) => {
  const years = Array.from({ length: new Date().getUTCFullYear() - 2021 }, (_, at) => 2022 + at);
  const got = total((await Promise.all(years.map((year) => reported(service, year)))).flat());
  const [expected] = await postgres.query<Month>(
    `SELECT count(*)::float8 AS invoices, sum(total_cents)::float8 AS cents
       FROM contract.invoices WHERE status = 'issued'`,
  );
  await explain(
    () => expect(got, 'all years together, before anything is ordered').toEqual(expected),
    () => {
      if (got.invoices > 0) return;
      lesson('sums-begin-empty', {
        observed: `contract.invoices has ${thousands(expected?.invoices ?? 0)} issued invoices, and the reports of all years together have none.`,
        meaning:
          'The sums follow what happens from now on. What was there when they were made is in no sum.',
        lookAt: 'what the migration puts into the stored sums.',
      });
    },
  );
});

test(
  'each order and each cancellation is in the next report',
  judges('4.2'),
  async ({ draw, postgres, service }) => {
    const customerId = someCustomer(draw);
    const productId = await lastingProduct(service, draw, postgres, 1_000_000_000);
    const year = draw.int(2005, 2018);
    const at = (month: number): string => new Date(Date.UTC(year, month, 15)).toISOString();
    const place = (month: number, quantity: number): Promise<Invoice> =>
      order(service, {
        customerId,
        placedAt: at(month),
        lines: [
          { productId, quantity },
          { productId, quantity: 1 },
        ],
      });
    const kept: Invoice[] = [];
    const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['a first order of a year', async () => kept.push(await place(4, 2))],
      ['an order of ten trillion cents', async () => kept.push(await place(4, 10_000))],
      ['an order of another month', async () => kept.push(await place(5, 3))],
      ['a cancellation', () => cancel(service, must(kept[0]).id)],
      [AGAIN, () => cancel(service, must(kept[0]).id)],
      ['an order after it', () => place(4, 5)],
      [
        'an order of now',
        () => order(service, { customerId, lines: [{ productId, quantity: 2 }] }),
      ],
      ['the cancellation of the only order of a month', () => cancel(service, must(kept[2]).id)],
    ];
    const thisYear = new Date().getUTCFullYear();
    await each('reports', steps, async ([what, step]) => {
      await step();
      for (const one of [year, thisYear]) {
        const [got, expected] = [await report(service, one), await added(postgres, one)];
        await explain(
          () => expect(got, `report of ${one} after ${what}`).toEqual(expected),
          () => notExact(what, got, expected),
        );
      }
    });
    const [cancelled] = await heads(postgres, must(kept[0]).id);
    expect(cancelled?.status, 'status of the cancelled invoice in contract.invoices').toBe(
      'cancelled',
    );
  },
);

const TWICE = 'two cancellations of one invoice at the same time';
const AGAIN = 'the same cancellation again';

function cancelledTwice(observed: string): never {
  lesson('cancelled-twice', {
    observed,
    meaning:
      'Clients repeat requests, and two people press the same button. Only the first cancellation changes the invoice, and each of them changed the sum.',
    lookAt: 'how a cancellation knows that it is the first one, at the moment when it writes.',
  });
}

function notExact(what: string, got: readonly string[], expected: readonly string[]): void {
  const wrong = differing(got, expected);
  const observed = `After ${what}, the report says ${wrong[0]}.`;
  if (what === AGAIN) cancelledTwice(observed);
  lesson('stale-sum', {
    observed,
    meaning:
      'The sum was added up at some other time than that of the order. Until it is added up again, it is wrong, and nobody can see that.',
    lookAt: 'when the stored sum changes, and what has to happen for it.',
  });
}

test(
  'an invoice belongs to its month in Madrid',
  judges('4.3'),
  async ({ draw, postgres, service }) => {
    const customerId = someCustomer(draw);
    const productId = await lastingProduct(service, draw, postgres, 700);
    const year = draw.int(2005, 2018);
    // Winter is an hour ahead of UTC, summer two.
    const instants: readonly (readonly [string, number])[] = [
      [`${year}-01-31T22:59:59.999Z`, 1],
      [`${year}-01-31T23:00:00.000Z`, 2],
      [`${year}-06-30T21:59:59.999Z`, 6],
      [`${year}-06-30T22:00:00.000Z`, 7],
      [`${year - 1}-12-31T23:30:00.000Z`, 1],
    ];
    await each('orders', instants, async ([placedAt, month]) => {
      const before = await report(service, year);
      const { id } = await order(service, {
        customerId,
        placedAt,
        lines: [{ productId, quantity: 1 }],
      });
      const after = await report(service, year);
      const changed = after.flatMap((text, at) => (text === before[at] ? [] : [at + 1]));
      await explain(
        () =>
          expect(changed, `months of ${year} that an order of ${placedAt} changed`).toEqual([
            month,
          ]),
        () => {
          if (changed.length > 1) return;
          const where =
            changed.length === 1 ? `in month ${changed[0]} of ${year}` : `not in ${year}`;
          lesson('month-of-another-clock', {
            observed: `Invoice ${id} was issued at ${placedAt}, which is in month ${month} of ${year} in Madrid. The report has it ${where}.`,
            meaning:
              'A month begins at midnight somewhere. At the end of each month, one or two hours belong to the next one in Madrid and to the old one in UTC. When the order arrived matters to neither.',
            lookAt:
              'from which instant, and by which clock, the month of an invoice is worked out.',
          });
        },
      );
    });
  },
);

test(
  'orders and cancellations at the same time are all counted',
  judges('4.4'),
  async ({ draw, definition, inTurns, postgres, service }) => {
    const customerId = someCustomer(draw);
    const productId = await lastingProduct(service, draw, postgres, 700);
    const year = draw.int(2005, 2018);
    const request = (quantity: number): Order => ({
      customerId,
      placedAt: `${year}-05-15T12:00:00.000Z`,
      lines: [{ productId, quantity }],
    });
    const place = (to: StartedService, quantity: number): Promise<Answer<{ invoice: Invoice }>> =>
      to.post('/v1/orders', request(quantity), { within: 10_000 });

    const exact = async (
      what: string,
      answers: readonly Answer[],
      statuses: readonly number[],
    ): Promise<void> => {
      const got = await report(service, year);
      const expected = await added(postgres, year);
      await explain(
        () => {
          expect(
            answers.map(({ status }) => status),
            `answers to ${what}`,
          ).toEqual(statuses);
          expect(got, `report after ${what}`).toEqual(expected);
        },
        () => {
          if (answers.some(({ status }) => status === 500)) {
            lesson('first-of-the-month', {
              observed: `Two instances got ${what}. The answers were ${answers.map(({ status }) => status).join(' and ')}.`,
              meaning:
                'Both were about to write the same row of the stored sum, and one of them was not ready for the other. Its customer could not order.',
              lookAt:
                'how the row of a month is made, and what happens if another instance makes it first.',
            });
          }
          const [wrong] = differing(got, expected);
          if (wrong === undefined) return;
          if (what === TWICE) cancelledTwice(`After ${what}, the report says ${wrong}.`);
          lesson('lost-update', {
            observed: `Two instances got ${what}. Both were answered well, and the report says ${wrong}.`,
            meaning:
              'Both read the stored sum, or the status of the invoice, before either wrote. The second one wrote what it had worked out from the old one.',
            lookAt:
              'whether the sum is read and written in one step, and what decides that an invoice is cancelled for the first time.',
          });
        },
      );
    };
    const first = await inTurns(
      (one) => place(one, 2),
      (two) => place(two, 3),
    );
    await exact('two first orders of a month at the same time', first, [201, 201]);
    const more = await inTurns(
      (one) => place(one, 5),
      (two) => place(two, 7),
    );
    await exact('two orders of a month at the same time', more, [201, 201]);
    const [a, b] = more.map((answer) => (answer.body as { invoice: Invoice }).invoice.id);
    const twice = await inTurns(
      (one) => cancel(one, must(a)),
      (two) => cancel(two, must(a)),
    );
    await exact(TWICE, twice, [200, 200]);
    const both = await inTurns(
      (one) => cancel(one, must(b)),
      (two) => place(two, 11),
    );
    await exact('a cancellation and an order at the same time', both, [200, 201]);

    await using other = await definition.start();
    const quantities = Array.from({ length: 30 }, (_, at) => at + 1);
    const open = first.map((answer) => (answer.body as { invoice: Invoice }).invoice.id);
    const many = await Promise.all([
      ...quantities.map((quantity) => place(quantity % 2 ? service : other, quantity)),
      ...[service, other].flatMap((to) => open.map((id) => cancel(to, id))),
    ]);
    await exact('30 orders and 4 cancellations at the same time', many, [
      ...quantities.map(() => 201),
      200,
      200,
      200,
      200,
    ]);
  },
);

test(
  'an order or a cancellation that breaks off leaves all or nothing',
  judges('4.5'),
  async ({ draw, definition, lease, postgres, service }) => {
    const customerId = someCustomer(draw);
    const productId = await lastingProduct(service, draw, postgres, 700);
    const other = await lastingProduct(service, draw, postgres, 30);
    const year = draw.int(2005, 2018);
    const lines = [
      { productId, quantity: 2 },
      { productId: other, quantity: 3 },
    ];
    const request = { customerId, placedAt: `${year}-05-15T12:00:00.000Z`, lines };
    const known = new Set(await idsOf(postgres, customerId));
    const whole = async (what: string, passed: number): Promise<void> => {
      const made = (await idsOf(postgres, customerId)).filter((id) => !known.has(id));
      const when = `the connection broke after ${passed} statements of ${what}`;
      for (const id of made) {
        known.add(id);
        const kept = await linesOf(postgres, id);
        await explain(
          () => expect(kept.length, `lines of the invoice that is there after ${when}`).toBe(2),
          () => {
            lesson('half-an-order', {
              observed: `When ${when}, invoice ${id} was there with ${kept.length} of its 2 lines.`,
              meaning:
                'Each statement was a transaction of its own. Whatever had been written when the connection broke stays, and nobody comes back for the rest.',
              lookAt: 'which statements must happen together, and what makes them do so.',
            });
          },
        );
      }
      const [got, expected] = [await report(service, year), await added(postgres, year)];
      await explain(
        () => expect(got, `report after ${when}`).toEqual(expected),
        () => {
          lesson('counted-apart', {
            observed: `When ${when}, the report said ${differing(got, expected)[0]}.`,
            meaning:
              'The invoice and the sum were written in two transactions, and only one of them took place. A stored sum that is wrong once stays wrong.',
            lookAt: 'whether the invoice and its part in the sum are in one transaction.',
          });
        },
      );
    };
    const url = urlOf(lease);
    await cutEverywhere(
      definition,
      postgres,
      url,
      (to) => to.post('/v1/orders', request),
      (passed) => whole('an order', passed),
    );
    const open: number[] = [];
    for (let more = 0; more < 25; more += 1) open.push((await order(service, request)).id);
    for (const id of open) known.add(id);
    await cutEverywhere(
      definition,
      postgres,
      url,
      (to) => cancel(to, open.pop() ?? 0),
      (passed) => whole('a cancellation', passed),
    );
  },
);

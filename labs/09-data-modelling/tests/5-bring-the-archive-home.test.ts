import { each, explain, expect, judges, lesson } from '@backend-labs/testkit';
import { invoice, listOf } from './support/api.ts';
import type { Archived } from './support/archive.ts';
import { test } from './support/archived.ts';
import { headsBelow } from './support/contract.ts';
import { changesOf, type Difference } from './support/differences.ts';
import { must } from './support/draws.ts';
import { added, differing, report, wholeYear } from './support/revenue.ts';

const FIRST_NEW = 100_000;
const IN_API = 'In the API';
const MOST_LOOKS = 5;
const NO_REFERENCE =
  'Names and addresses on an invoice are what was printed, and they do not say who it is. Copying a fact does not replace the reference.';

/** What an invoice says besides its cents. */
interface Page {
  readonly customer: string;
  readonly lines: readonly string[];
}

interface Paged extends Pick<Archived, 'customerId' | 'customerName' | 'address'> {
  readonly lines: readonly {
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
  }[];
}

const pageOf = ({ customerId, customerName, address, lines }: Paged): Page => ({
  customer: `${customerId} ${customerName}, ${address}`,
  lines: lines.map(({ sku, name, quantity }) => `${quantity} ${sku} ${name}`),
});

const same = (one: Page, other: Page): boolean => JSON.stringify(one) === JSON.stringify(other);

interface LineRow {
  readonly invoice: number;
  readonly line: number;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitCents: number;
}

const LINES = `
  SELECT invoice_id::float8 AS invoice, line::float8 AS line, sku, name,
         quantity::float8 AS quantity, unit_cents::float8 AS "unitCents"
    FROM contract.invoice_lines WHERE invoice_id < ${FIRST_NEW} ORDER BY 1, 2`;

const byId = <T extends { readonly id: number }>(rows: readonly T[]): Map<number, T> =>
  new Map(rows.map((row) => [row.id, row]));

test(
  'each archived invoice and each line is there once',
  judges('5.1'),
  async ({ draw, migrated }) => {
    const { postgres, service, archive, added: more } = await migrated(draw);
    const counts = Map.groupBy(await headsBelow(postgres, FIRST_NEW), ({ id }) => id);
    const lines = Map.groupBy(await postgres.query<LineRow>(LINES), (row) => row.invoice);
    await each('archived invoices', archive, async (expected) => {
      const rows = counts.get(expected.number)?.length ?? 0;
      const got = (lines.get(expected.number) ?? []).map(({ line }) => line);
      const wanted = expected.lines.map(({ line }) => line);
      await explain(
        () => {
          expect(rows, `rows of contract.invoices with the id ${expected.number}`).toBe(1);
          expect(got, `lines of invoice ${expected.number} in contract.invoice_lines`).toEqual(
            wanted,
          );
        },
        () => {
          if (rows === 0) {
            lesson('invoice-left-behind', {
              observed: `Invoice ${expected.number} of customer ${expected.customerId} is in the archive, and contract.invoices does not have it.`,
              meaning:
                'The migration started from what the service still has: its orders, its customers or its products. The archive has invoices of those that are gone.',
              lookAt: 'which side of each join decides that an invoice is migrated.',
            });
          }
          if (got.length <= wanted.length) return;
          lesson('line-that-does-not-count', {
            observed: `Invoice ${expected.number} has the lines ${wanted.join(', ')} in the archive, and ${got.join(', ')} in contract.invoice_lines.`,
            meaning:
              'A row of the archive is not yet a line of an invoice. Some were exported twice, some were corrected, and some were struck out.',
            lookAt: 'which of the rows with the same number and line count.',
          });
        },
      );
    });
    const shown = archive.filter(({ number }) => more.includes(number));
    await each('lists of customers', shown, async (expected) => {
      const { number, customerId } = expected;
      const listed = () => listOf(service, customerId);
      const list = await listed();
      await explain(
        () => {
          expect(list, `invoices of customer ${customerId}`).toContain(number);
        },
        async () => {
          const path = `/v1/customers/${customerId}`;
          const { customerName: name, address } = expected;
          const { status } = await service.patch(path, { name, address });
          if (status !== 200 || !(await listed()).includes(number)) return;
          lesson('found-by-name', {
            observed: `The list of customer ${customerId} lacked the archived invoice ${number}. It was there after the test had given the customer the name and address of that invoice.`,
            meaning: NO_REFERENCE,
            lookAt: 'by which column the list finds the invoices of a customer.',
          });
        },
      );
    });
  },
);

test('no other invoice is as old', judges('5.2'), async ({ draw, migrated }) => {
  const { postgres, archive } = await migrated(draw);
  const numbers = new Set(archive.map(({ number }) => number));
  const found = (await headsBelow(postgres, FIRST_NEW)).map(({ id }) => id);
  const stray = found.filter((id) => !numbers.has(id));
  await explain(
    () => expect(stray, 'ids of contract.invoices that the archive does not have').toEqual([]),
    () => {
      lesson('never-sent', {
        observed: `contract.invoices has ${stray.length} invoices below 100,000 that the archive does not have, ${stray[0]} among them.`,
        meaning:
          'They are orders of the pilot. Nobody got such an invoice, and their cents are in the books now. Two sets are equal only if neither has more.',
        lookAt: 'what the migration does with orders that the archive does not know.',
      });
    },
  );
});

test('an archived invoice says what was printed', judges('5.3'), async ({ draw, migrated }) => {
  const { postgres, service, archive, added: more } = await migrated(draw);
  const heads = byId(await headsBelow(postgres, FIRST_NEW));
  const lines = Map.groupBy(await postgres.query<LineRow>(LINES), (row) => row.invoice);
  // One look at the API for each of 8,000 wrong invoices would take minutes.
  let looks = 0;
  const check = async (expected: Page, got: Page, number: number, where: string): Promise<void> => {
    await explain(
      () => expect(got, `invoice ${number} ${where}`).toEqual(expected),
      async () => {
        const observed = `Invoice ${number} was printed as ${JSON.stringify(expected)}. ${where} it is ${JSON.stringify(got)}.`;
        looks += 1;
        if (looks > MOST_LOOKS) return;
        const inApi = where === IN_API ? got : pageOf(await invoice(service, number));
        if (same(inApi, expected)) {
          lesson('view-still-joins', {
            observed,
            meaning:
              'The API shows the page. Finance reads the views, and they are made of other rows.',
            lookAt: 'the definitions of the two views, and what they join.',
          });
        }
        const sameLines = got.lines.join() === expected.lines.join();
        lesson(sameLines ? 'customer-of-today' : 'read-from-the-catalogue', {
          observed,
          meaning:
            'The numbers refer to customers and products as they are today, if they exist at all. What the page says is in the archive, and nowhere else.',
          lookAt:
            'from which table each part of a migrated invoice comes, when it is written and when it is read.',
        });
      },
    );
  };
  // Lines that are missing are another point's.
  const comparable = archive.filter(
    ({ number, lines: all }) => heads.has(number) && lines.get(number)?.length === all.length,
  );
  expect(comparable.length, 'archived invoices that contract.invoices has').toBeGreaterThan(1_000);
  await each('archived invoices', comparable, async (expected) => {
    const { number } = expected;
    const { customerId, customerName, address } = must(heads.get(number));
    const got = pageOf({ customerId, customerName, address, lines: lines.get(number) ?? [] });
    await check(pageOf(expected), got, number, 'In the views');
  });
  const gone = comparable.filter(({ customerId }) => customerId > 380).slice(0, 3);
  const shown = comparable.filter(({ number }) => more.includes(number));
  await each('archived invoices in the API', [...gone, ...shown], async (expected) => {
    const got = await invoice(service, expected.number);
    await check(pageOf(expected), pageOf(got), expected.number, IN_API);
  });
});

test(
  'an archived invoice has its prices to the cent',
  judges('5.4'),
  async ({ draw, migrated }) => {
    const { postgres, service, archive, added: more } = await migrated(draw);
    const heads = byId(await headsBelow(postgres, FIRST_NEW));
    const lines = Map.groupBy(await postgres.query<LineRow>(LINES), (row) => row.invoice);
    const comparable = archive.filter(
      ({ number, lines: all }) => heads.has(number) && lines.get(number)?.length === all.length,
    );
    expect(comparable.length, 'archived invoices that contract.invoices has').toBeGreaterThan(
      1_000,
    );
    await each('archived invoices', comparable, async (expected) => {
      const got = (lines.get(expected.number) ?? []).map(({ unitCents }) => unitCents);
      const wanted = expected.lines.map(({ unitCents }) => unitCents);
      const total = heads.get(expected.number)?.totalCents;
      await explain(
        () => {
          expect(got, `prices of invoice ${expected.number} in cents`).toEqual(wanted);
          expect(total, `total of invoice ${expected.number} in cents`).toBe(expected.totalCents);
        },
        () => {
          const at = wanted.findIndex((cents, index) => cents !== got[index]);
          if (at === -1) return;
          const by = (got[at] ?? 0) - must(wanted[at]);
          lesson(Math.abs(by) === 25 ? 'older-revision' : 'cents-lost', {
            observed: `Line ${expected.lines[at]?.line} of invoice ${expected.number} costs ${wanted[at]} cents in the archive, and ${got[at]} in contract.invoice_lines.`,
            meaning:
              Math.abs(by) === 25
                ? 'The line was corrected, and the row that was printed first has won. The order in which rows lie in a table says nothing.'
                : 'The price went through a number that cannot hold it, or through a catalogue that has another one. Cents are whole: what is parsed as a fraction of a euro comes back as almost the same.',
            lookAt:
              Math.abs(by) === 25
                ? 'how the latest of several revisions is picked.'
                : 'how a text such as 1.234,50 becomes cents, step by step.',
          });
        },
      );
    });
    const shown = comparable.filter(({ number }) => more.includes(number));
    await each('archived invoices in the API', shown, async (expected) => {
      const got = await invoice(service, expected.number);
      expect(
        { prices: got.lines.map(({ unitCents }) => unitCents), total: got.totalCents },
        `cents of invoice ${expected.number} in the API`,
      ).toEqual({
        prices: expected.lines.map(({ unitCents }) => unitCents),
        total: expected.totalCents,
      });
    });
  },
);

test('an archived invoice has its instant', judges('5.5'), async ({ draw, migrated }) => {
  const { postgres, archive } = await migrated(draw);
  const heads = byId(await headsBelow(postgres, FIRST_NEW));
  const instants = await postgres.query<{ printed: string; instant: Date }>(
    `SELECT DISTINCT printed_at AS printed,
            make_timestamptz(substr(printed_at, 7, 4)::int, substr(printed_at, 4, 2)::int,
                             substr(printed_at, 1, 2)::int, substr(printed_at, 12, 2)::int,
                             substr(printed_at, 15, 2)::int, 0, 'Europe/Madrid') AS instant
       FROM archive_lines`,
  );
  const instantOf = new Map(
    instants.map(({ printed, instant }) => [printed, instant.toISOString()]),
  );
  const comparable = archive.filter(({ number }) => heads.has(number));
  expect(comparable.length, 'archived invoices that contract.invoices has').toBeGreaterThan(1_000);
  await each('archived invoices', comparable, async ({ number, printedAt }) => {
    const got = heads.get(number)?.issuedAt;
    const wanted = instantOf.get(printedAt);
    await explain(
      () => expect(got, `issued_at of invoice ${number}`).toBe(wanted),
      () => {
        const hours = (Date.parse(got ?? '') - Date.parse(wanted ?? '')) / 3_600_000;
        if (hours !== 1 && hours !== 2) return;
        lesson('clock-without-a-zone', {
          observed: `Invoice ${number} was printed at ${printedAt} in Madrid, which is ${wanted}. Its issued_at is ${got}, ${hours} h later.`,
          meaning:
            'A printed time has no zone, and Postgres took the one of the session. The invoice is one or two hours late, and some of them are in another month.',
          lookAt: 'where the zone of the printed time comes in.',
        });
      },
    );
  });
});

test(
  'cancelled invoices are cancelled, and the reports count the others',
  judges('5.6'),
  async ({ draw, migrated }) => {
    const { postgres, service, archive } = await migrated(draw);
    const heads = byId(await headsBelow(postgres, FIRST_NEW));
    const comparable = archive.filter(({ number }) => heads.has(number));
    expect(comparable.length, 'archived invoices that contract.invoices has').toBeGreaterThan(
      1_000,
    );
    await each('archived invoices', comparable, async ({ number, status }) => {
      const got = heads.get(number)?.status;
      await explain(
        () => expect(got, `status of invoice ${number}`).toBe(status),
        () => {
          if (got !== 'issued') return;
          lesson('storno-ignored', {
            observed: `Invoice ${number} has the stamp STORNO in the archive, and is ${got} in contract.invoices.`,
            meaning: 'A cancelled invoice is kept, and no cent of it is revenue.',
            lookAt: 'what the migration makes of the stamp.',
          });
        },
      );
    });
    await each('years', [2023, 2024, 2025], async (year) => {
      const months = Map.groupBy(
        archive.filter(
          ({ printedAt, status }) => status === 'issued' && printedAt.slice(6, 10) === String(year),
        ),
        ({ printedAt }) => `${year}-${printedAt.slice(3, 5)}`,
      );
      const expected = [...months].map(([month, all]) => ({
        month,
        invoices: all.length,
        cents: all.reduce((sum, { totalCents }) => sum + totalCents, 0),
      }));
      const got = await report(service, year);
      await explain(
        () => expect(got, `report of ${year}`).toEqual(wholeYear(year, expected)),
        async () => {
          // Invoices that are not right are another point's.
          const shown = await added(postgres, year);
          if (differing(shown, wholeYear(year, expected)).length > 0) return;

          lesson('archive-not-in-the-sums', {
            observed: `The archive has ${expected[0]?.invoices ?? 0} invoices of January ${year}, ${expected[0]?.cents ?? 0} cents together. The report says ${got[0]}.`,
            meaning:
              'The invoices moved, and the stored sums did not follow, or counted them again. A migration is a write like any other.',
            lookAt: 'what the migration does to the stored sums, and in which order.',
          });
        },
      );
    });
  },
);

test(
  'the reconciliation shows every difference and no other',
  judges('5.7'),
  async ({ draw, migrated }) => {
    const { postgres, archive } = await migrated(draw);
    await using session = await postgres.session('administrator');
    const read = (): Promise<Difference[]> =>
      session.query(
        `SELECT number::float8 AS number, archive_cents::float8 AS archive,
                invoice_cents::float8 AS invoice
           FROM contract.reconciliation ORDER BY 1`,
      );
    expect(await read(), 'contract.reconciliation after the migration').toEqual([]);
    const changes = await changesOf(draw, session, archive);
    await each('changes of the archive', changes, async (change) => {
      const { what, differences } = change;
      await session.query('BEGIN');
      let got: Difference[];
      try {
        await change.make();
        got = await read();
      } finally {
        await session.query('ROLLBACK');
      }
      await explain(
        () => expect(got, `contract.reconciliation after ${what}`).toEqual(differences),
        () => {
          if (got.length > 0) return;
          lesson('difference-not-shown', {
            observed: `The archive got ${what}, and contract.reconciliation is still empty.`,
            meaning:
              'An empty list of differences is worth as much as the comparison behind it. This one does not see numbers that only one side has, or does not look any more.',
            lookAt:
              'which kinds of difference the comparison can find: values, and rows that are missing on either side.',
          });
        },
      );
    });
  },
);

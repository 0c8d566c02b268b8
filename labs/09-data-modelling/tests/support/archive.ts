import type { PostgresProbe } from '@backend-labs/testkit';
import { must } from './draws.ts';

export interface ArchiveRow {
  readonly number: number;
  readonly line: number;
  readonly revision: number;
  readonly printed_at: string;
  readonly stamp: string;
  readonly customer_no: number;
  readonly customer_name: string;
  readonly address: string;
  readonly sku: string;
  readonly product_name: string;
  readonly quantity: number;
  readonly unit_price: string;
}

/** An invoice as the archive has it. */
export interface Archived {
  readonly number: number;
  readonly customerId: number;
  readonly customerName: string;
  readonly address: string;
  readonly printedAt: string;
  readonly status: 'issued' | 'cancelled';
  readonly totalCents: number;
  readonly lines: readonly {
    readonly line: number;
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly unitCents: number;
  }[];
}

/** What the archive says, worked out here and in no SQL. */
export function invoicesOf(rows: readonly ArchiveRow[]): Archived[] {
  const latest = new Map<string, ArchiveRow>();
  for (const row of rows) {
    const key = `${row.number}/${row.line}`;
    const known = latest.get(key);
    if (!known || known.revision < row.revision) latest.set(key, row);
  }
  const byNumber = Map.groupBy(latest.values(), ({ number }) => number);
  return [...byNumber]
    .toSorted(([a], [b]) => a - b)
    .map(([number, all]) => {
      const kept = all.filter(({ quantity }) => quantity > 0).toSorted((a, b) => a.line - b.line);
      const head = must(all[0]);
      const lines = kept.map((row) => ({
        line: row.line,
        sku: row.sku,
        name: row.product_name,
        quantity: row.quantity,
        unitCents: Number(row.unit_price.replaceAll(/[.,]/gu, '')),
      }));
      return {
        number,
        customerId: head.customer_no,
        customerName: head.customer_name,
        address: head.address,
        printedAt: head.printed_at,
        status: head.stamp === 'STORNO' ? 'cancelled' : 'issued',
        totalCents: lines.reduce((sum, { quantity, unitCents }) => sum + quantity * unitCents, 0),
        lines,
      };
    });
}

export function readArchive(postgres: Pick<PostgresProbe, 'query'>): Promise<ArchiveRow[]> {
  return postgres.query<ArchiveRow>(
    `SELECT number::float8 AS number, line, revision, printed_at, stamp,
            customer_no::float8 AS customer_no, customer_name, address, sku, product_name, quantity,
            unit_price
       FROM archive_lines`,
  );
}

export async function addRows(
  postgres: Pick<PostgresProbe, 'query'>,
  rows: readonly ArchiveRow[],
): Promise<void> {
  await postgres.query(
    'INSERT INTO archive_lines SELECT * FROM json_populate_recordset(NULL::archive_lines, $1)',
    [JSON.stringify(rows)],
  );
}

import { expect, type PostgresProbe, type StartedService } from '@backend-labs/testkit';

export interface Month {
  readonly month: string;
  readonly invoices: number;
  readonly cents: number;
}

/** The report of a year. */
export async function reported(service: StartedService, year: number): Promise<Month[]> {
  const path = `/v1/reports/revenue?year=${year}`;
  const { body } = (await service.get<{ months: Month[] }>(path)).expect(200);
  expect(body, `GET ${path} must answer { "year", "months": [ … ] }`).toHaveProperty('months');
  return body.months;
}

/** The report of a year, as one text a month. */
export async function report(service: StartedService, year: number): Promise<string[]> {
  return (await reported(service, year)).map(asText);
}

export const asText = ({ month, invoices, cents }: Month): string =>
  `${month}: ${invoices} invoices, ${cents} cents`;

/** The same from `contract.invoices`, added up here. */
export async function added(postgres: PostgresProbe, year: number): Promise<string[]> {
  const rows = await postgres.query<Month>(
    `SELECT to_char(issued_at AT TIME ZONE 'Europe/Madrid', 'YYYY-MM') AS month,
            count(*)::float8 AS invoices, sum(total_cents)::float8 AS cents
       FROM contract.invoices
      WHERE status = 'issued'
        AND issued_at >= make_date($1, 1, 1)::timestamp AT TIME ZONE 'Europe/Madrid'
        AND issued_at < make_date($1 + 1, 1, 1)::timestamp AT TIME ZONE 'Europe/Madrid'
      GROUP BY 1`,
    [year],
  );
  return wholeYear(year, rows);
}

/** Twelve months, those without an invoice among them. */
export function wholeYear(year: number, found: readonly Month[]): string[] {
  return Array.from({ length: 12 }, (_, at) => {
    const month = `${year}-${String(at + 1).padStart(2, '0')}`;
    return asText(found.find((one) => one.month === month) ?? { month, invoices: 0, cents: 0 });
  });
}

/** Months of two lists that differ. */
export function differing(got: readonly string[], expected: readonly string[]): string[] {
  return expected.flatMap((text, at) =>
    text === got[at] ? [] : [`${got[at]} instead of ${text}`],
  );
}

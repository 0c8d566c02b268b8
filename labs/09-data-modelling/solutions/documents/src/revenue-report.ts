import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest } from './errors.ts';

interface Month {
  /** `2025-06`. */
  readonly month: string;
  readonly invoices: number;
  readonly cents: number;
}

/** `GET /v1/reports/revenue?year=`: invoices and cents of each month of a year. */
export function revenueReport(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { year } = req.query;
    if (typeof year !== 'string' || !/^[12]\d{3}$/u.test(year)) {
      throw new BadRequest('year must be a year such as 2025');
    }
    const { rows } = await pool.query<Month>(
      `SELECT month, sum(invoices)::float8 AS invoices, sum(cents)::float8 AS cents
         FROM revenue WHERE month BETWEEN $1 || '-01' AND $1 || '-12' GROUP BY month`,
      [year],
    );
    res.json({ year: Number(year), months: wholeYear(year, rows) });
  };
}

/** All twelve months, those without an invoice too. */
function wholeYear(year: string, found: readonly Month[]): Month[] {
  return Array.from({ length: 12 }, (_, at) => {
    const month = `${year}-${String(at + 1).padStart(2, '0')}`;
    return found.find((one) => one.month === month) ?? { month, invoices: 0, cents: 0 };
  });
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { asDay, required, tenantOf } from './params.ts';

/** Head office closes its books by this clock, wherever the tenant is. */
const BUSINESS_ZONE = 'Europe/Madrid';

interface ReportRow {
  orders: string;
  total_cents: string;
}

/** `GET /v1/reports/daily?day=`: what a tenant sold on one business day. */
export function dailyReport(pool: Pool): RequestHandler {
  return async (req, res) => {
    const day = asDay(required(req, 'day'));
    const { rows } = await pool.query<ReportRow>(
      `SELECT count(*) AS orders, coalesce(sum(total_cents), 0) AS total_cents
         FROM orders
        WHERE tenant_id = $1
          AND placed_at BETWEEN ($2::date::timestamp AT TIME ZONE $3)
                            AND (($2::date + 1)::timestamp AT TIME ZONE $3)`,
      [tenantOf(req), day, BUSINESS_ZONE],
    );
    res.json({ day, orders: Number(rows[0]?.orders), totalCents: Number(rows[0]?.total_cents) });
  };
}

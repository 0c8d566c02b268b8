import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { NotFound } from './errors.ts';
import { readId } from './invoice.ts';
import { principalOf } from './principal.ts';

const NO_TENANT = 'no such tenant';

interface Usage {
  readonly tenantId: number;
  readonly invoices: number;
  readonly totalCents: number;
}

/** `GET /v1/tenants/:id/usage`: how much the tenant has billed. */
export function tenantUsage({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id'], NO_TENANT);
    if (id !== principalOf(res).tenantId) throw new NotFound(NO_TENANT);
    const { rows } = await pool.query<Usage>(
      `SELECT t.id AS "tenantId",
              count(i.id)::int AS "invoices",
              coalesce(sum(i.total_cents), 0)::int AS "totalCents"
         FROM tenants t LEFT JOIN invoices i ON i.tenant_id = t.id
        WHERE t.id = $1
        GROUP BY t.id`,
      [id],
    );
    res.json({ usage: rows[0] });
  };
}

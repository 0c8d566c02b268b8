import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { enter, type Needs } from './enter.ts';
import { NotFound } from './errors.ts';
import { readId } from './invoice.ts';

const NO_TENANT = 'no such tenant';
const NEEDS: Needs = { scope: 'usage:read', role: 'admin' };

interface Usage {
  readonly tenantId: number;
  readonly invoices: number;
  readonly totalCents: number;
}

/** `GET /v1/tenants/:id/usage`: how much the tenant has billed. */
export function tenantUsage({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const usage = await enter(pool, res, NEEDS, async (client) => {
      const id = readId(req.params['id'], NO_TENANT);
      const { rows } = await client.query<Usage>(
        `SELECT t.id AS "tenantId",
                count(i.id)::int AS "invoices",
                coalesce(sum(i.total_cents), 0)::int AS "totalCents"
           FROM tenants t LEFT JOIN invoices i ON i.tenant_id = t.id
          WHERE t.id = $1
          GROUP BY t.id`,
        [id],
      );
      if (!rows[0]) throw new NotFound(NO_TENANT);
      return rows[0];
    });
    res.json({ usage });
  };
}

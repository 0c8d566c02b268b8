import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { asV1 } from './event.ts';
import { sendPage } from './page.ts';

const MAX_BIGINT = 2n ** 63n - 1n;

/** `GET /v1/shipments/:id/events`: events of one shipment. */
export function shipmentEvents(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { id } = req.params;
    if (!(await exists(pool, id))) throw new NotFound(`there is no shipment ${id}`);
    await sendPage(pool, req, res, { 'shipment_id = ?': id }, asV1);
  };
}

async function exists(pool: Pool, id: string): Promise<boolean> {
  if (!/^\d+$/.test(id) || BigInt(id) > MAX_BIGINT) return false;
  const { rowCount } = await pool.query('SELECT FROM events WHERE shipment_id = $1 LIMIT 1', [id]);
  return rowCount === 1;
}

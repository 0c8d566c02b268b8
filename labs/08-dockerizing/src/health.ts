import type { RequestHandler } from 'express';
import type { Pool } from 'pg';

/** `GET /healthz` and `GET /readyz`: whether all is well, the database included. */
export function health(pool: Pool): RequestHandler {
  return async (_req, res) => {
    await pool.query('SELECT 1');
    res.json({ status: 'ok' });
  };
}

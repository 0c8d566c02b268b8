import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';

interface UsageRow {
  day: string;
  plan: string;
  bytes: number;
}

/** `GET /accounts/:id/usage`: what an account will be billed for, by day and plan. */
export function readUsage({ pool }: Deps): RequestHandler {
  return async (req, res) => {
    const { rows } = await pool.query<UsageRow>(
      `SELECT day::text, plan, bytes::float8 AS bytes
         FROM usage
        WHERE account_id = $1
        ORDER BY day, plan`,
      [req.params['id']],
    );
    res.json({ usage: rows });
  };
}

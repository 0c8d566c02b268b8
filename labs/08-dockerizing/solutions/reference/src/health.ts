import type { RequestHandler } from 'express';
import type { Pool } from 'pg';

/** How long the database may take to show that it is there, in milliseconds. */
const PATIENCE_MS = 1_000;

/** `GET /healthz`: whether this process works. A restart repairs nothing else. */
export const alive: RequestHandler = (_req, res) => {
  res.json({ status: 'ok' });
};

/** `GET /readyz`: whether a request would find its database. */
export function ready(pool: Pool): RequestHandler {
  return async (_req, res) => {
    const answered = await answers(pool);
    res.status(answered ? 200 : 503).json({ status: answered ? 'ok' : 'no database' });
  };
}

async function answers(pool: Pool): Promise<boolean> {
  const query = pool.query('SELECT 1').then(
    () => true,
    () => false,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(done, PATIENCE_MS, false);
  });
  try {
    return await Promise.race([query, late]);
  } finally {
    clearTimeout(timer);
  }
}

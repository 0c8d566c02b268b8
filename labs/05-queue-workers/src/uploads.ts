import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest, HttpError } from './errors.ts';
import type { Publisher } from './publisher.ts';

interface Upload {
  readonly accountId: number;
  readonly email: string;
  readonly source: string;
}

/** `POST /uploads`: takes a picture in and answers 202 with the address of its job. */
export function upload(pool: Pool, publisher: Publisher): RequestHandler {
  return async (req, res) => {
    const { accountId, email, source } = asUpload(req.body);
    const { rows } = await pool.query<{ id: string }>(
      'INSERT INTO jobs (account_id, email, source) VALUES ($1, $2, $3) RETURNING id',
      [accountId, email, source],
    );
    const id = String(rows[0]?.id);
    if (!publisher.publish(id)) throw new HttpError(503, 'too busy, try again');
    res.status(202).location(`/jobs/${id}`).json({ id, state: 'queued' });
  };
}

function asUpload(body: unknown): Upload {
  const { accountId, email, source } = (body ?? {}) as Partial<Record<keyof Upload, unknown>>;
  if (typeof accountId !== 'number' || !Number.isInteger(accountId)) {
    throw new BadRequest('accountId must be a number');
  }
  if (typeof email !== 'string' || !email.includes('@')) {
    throw new BadRequest('email must be an address');
  }
  if (typeof source !== 'string' || source === '') {
    throw new BadRequest('source must name a picture');
  }
  return { accountId, email, source };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest, HttpError } from './errors.ts';
import type { Publisher } from './publisher.ts';

interface Upload {
  readonly accountId: number;
  readonly email: string;
  readonly source: string;
}

/**
 * `POST /uploads`: takes a picture in. 202 with the address of its job when the job is in the queue,
 * 503 when it may not be.
 */
export function upload(pool: Pool, publisher: Publisher): RequestHandler {
  return async (req, res) => {
    const { accountId, email, source } = asUpload(req.body);
    // The row first: a worker may have the message before we have the confirm.
    const { rows } = await pool.query<{ id: string }>(
      'INSERT INTO jobs (account_id, email, source) VALUES ($1, $2, $3) RETURNING id',
      [accountId, email, source],
    );
    const id = String(rows[0]?.id);
    try {
      await publisher.publish(id);
    } catch (error) {
      req.log.error({ err: error, jobId: id }, 'a job was not queued');
      throw new HttpError(503, 'the job could not be queued, send it again');
    }
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

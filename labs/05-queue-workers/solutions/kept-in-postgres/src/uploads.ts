import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { EXCHANGE, RENDER_KEY } from './broker.ts';
import { BadRequest } from './errors.ts';
import { post } from './outbox.ts';
import { inTransaction } from './transaction.ts';

interface Upload {
  readonly accountId: number;
  readonly email: string;
  readonly source: string;
}

/**
 * `POST /uploads`: takes a picture in and answers 202 with the address of its job. The job and the
 * letter that asks for it are there together, or not at all.
 */
export function upload(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { accountId, email, source } = asUpload(req.body);
    const id = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        'INSERT INTO jobs (account_id, email, source) VALUES ($1, $2, $3) RETURNING id',
        [accountId, email, source],
      );
      const jobId = String(rows[0]?.id);
      const content = Buffer.from(JSON.stringify({ jobId }));
      await post(client, { exchange: EXCHANGE, routingKey: RENDER_KEY, content });
      return jobId;
    });
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

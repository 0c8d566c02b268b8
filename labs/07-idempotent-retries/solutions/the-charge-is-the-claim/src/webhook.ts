import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Deps } from './deps.ts';
import { BadRequest, NotFound } from './errors.ts';
import { isObject } from './params.ts';

const OLDEST_SECONDS = 300;

const bytes = new WeakMap<IncomingMessage, Buffer>();

/** For `express.json`: keeps the bytes of a webhook, which are what is signed. */
export function keepBytes(req: IncomingMessage, _res: unknown, body: Buffer): void {
  if (req.url?.startsWith('/webhooks/')) bytes.set(req, body);
}

/** `POST /webhooks/provider`: takes the provider's events. */
export function receiveEvent({ pool, settings }: Deps): RequestHandler {
  return async (req, res) => {
    checkSignature(req.get('provider-signature'), bytes.get(req), settings.webhookSecret);
    await apply(pool, req.body);
    res.json({ received: true });
  };
}

function checkSignature(header = '', body: Buffer | undefined, secret: string): void {
  const parts = new Map(header.split(',').map((part) => part.split('=', 2) as [string, string]));
  const time = parts.get('t') ?? '';
  const given = Buffer.from(parts.get('v1') ?? '', 'hex');
  const expected = createHmac('sha256', secret)
    .update(`${time}.`)
    .update(body ?? '')
    .digest();
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  const age = Math.abs(Date.now() / 1000 - Number(time));
  if (!isOurs || !(age <= OLDEST_SECONDS)) throw new BadRequest('the signature does not fit');
}

/**
 * One statement: the charge keeps the ids of its events, so that the effect and the mark that it
 * happened cannot be apart. A second delivery waits for the row and then finds the mark.
 */
async function apply(pool: Pool, event: unknown): Promise<void> {
  if (!isObject(event) || !isObject(event['data'])) throw new BadRequest('not an event');
  const { id, type } = event;
  const { reference, amount } = event['data'];
  const { rows } = await pool.query(
    `WITH applied AS (
       UPDATE charges
          SET events = events || $2::text,
              refunded = refunded + CASE $3 WHEN 'charge.refunded' THEN $4::integer ELSE 0 END,
              status = CASE
                WHEN $3 = 'charge.refunded' THEN 'refunded'
                WHEN status = 'pending' AND $3 = 'charge.succeeded' THEN 'succeeded'
                WHEN status = 'pending' AND $3 = 'charge.declined' THEN 'declined'
                ELSE status
              END
        WHERE id::text = $1 AND NOT events @> ARRAY[$2::text])
     SELECT FROM charges WHERE id::text = $1`,
    [reference, id, type, amount ?? 0],
  );
  if (rows.length === 0) throw new NotFound('no such charge');
}

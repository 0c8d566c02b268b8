import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import type { Deps } from './deps.ts';
import { BadRequest } from './errors.ts';
import { isObject } from './params.ts';

/** Something that happened to a charge at the provider. */
interface ProviderEvent {
  readonly id: string;
  readonly type: string;
  /** Our id of the charge. */
  readonly reference: string;
  readonly amount: number;
}

/** `POST /webhooks/provider`: takes the provider's events. */
export function receiveEvent({ pool, log }: Deps): RequestHandler {
  return (req, res) => {
    // TODO(task 7): anybody on the internet can send this.
    const event = eventOf(req.body);
    // They give us two seconds and call again when we are late.
    res.json({ received: true });
    apply(pool, event).catch((error: unknown) => log.error({ err: error, event }, 'event lost'));
  };
}

async function apply(pool: Pool, event: ProviderEvent): Promise<void> {
  switch (event.type) {
    case 'charge.succeeded':
      await pool.query(`UPDATE charges SET status = 'succeeded' WHERE id = $1`, [event.reference]);
      return;
    case 'charge.declined':
      await pool.query(`UPDATE charges SET status = 'declined' WHERE id = $1`, [event.reference]);
      return;
    case 'charge.refunded':
      await pool.query(
        `UPDATE charges SET status = 'refunded', refunded = refunded + $2 WHERE id = $1`,
        [event.reference, event.amount],
      );
  }
}

function eventOf(body: unknown): ProviderEvent {
  if (!isObject(body) || !isObject(body['data'])) throw new BadRequest('not an event');
  const { id, type, data } = body;
  const { reference, amount } = data;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof reference !== 'string') {
    throw new BadRequest('an event has an id, a type and a reference');
  }
  return { id, type, reference, amount: typeof amount === 'number' ? amount : 0 };
}

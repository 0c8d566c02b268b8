import type { RequestHandler } from 'express';
import type { PoolClient } from 'pg';
import { inTransaction } from './db.ts';
import type { Deps } from './deps.ts';
import { BadRequest, NotFound } from './errors.ts';
import { isObject } from './params.ts';
import { isSigned } from './signature.ts';

/** Something that happened to a charge at the provider. */
interface ProviderEvent {
  readonly id: string;
  readonly type: string;
  /** Our id of the charge. */
  readonly reference: string;
  readonly amount: number;
}

/** `POST /webhooks/provider`: takes the provider's events. Wants the body unparsed, as a Buffer. */
export function receiveEvent({ pool, settings, log }: Deps): RequestHandler {
  return async (req, res) => {
    const body: unknown = req.body;
    const signature = req.get('provider-signature');
    if (!Buffer.isBuffer(body) || !isSigned(signature, body, settings.webhookSecret)) {
      throw new BadRequest('the signature does not fit');
    }
    const event = eventOf(body);
    res.json({ received: true });
    // The mark that it was seen and what it does are one: a crash leaves both or neither.
    await inTransaction(pool, async (client) => {
      const { rowCount } = await client.query(
        'INSERT INTO webhook_events (id) VALUES ($1) ON CONFLICT DO NOTHING',
        [event.id],
      );
      if (rowCount === 1) await apply(client, event);
    }).catch((error: unknown) => log.error({ err: error, event }, 'an event failed'));
  };
}

/** A charge only goes forward: pending, then succeeded or declined, then refunded. */
async function apply(client: PoolClient, { type, reference, amount }: ProviderEvent) {
  const { rowCount } = await client.query(
    `UPDATE charges
        SET status = CASE
              WHEN $2 = 'charge.refunded' THEN 'refunded'
              WHEN status <> 'pending' THEN status
              WHEN $2 = 'charge.succeeded' THEN 'succeeded'
              WHEN $2 = 'charge.declined' THEN 'declined'
              ELSE status
            END,
            refunded = refunded + CASE WHEN $2 = 'charge.refunded' THEN $3::integer ELSE 0 END
      WHERE id = $1`,
    [reference, type, amount],
  );
  // Also takes back the mark, so that the event is new when it comes again.
  if (rowCount === 0) throw new NotFound('no such charge');
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function eventOf(text: Buffer): ProviderEvent {
  const body = parse(text);
  if (!isObject(body) || !isObject(body['data'])) throw new BadRequest('not an event');
  const { id, type, data } = body;
  const { reference, amount = 0 } = data;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof amount !== 'number') {
    throw new BadRequest('an event has an id and a type');
  }
  if (typeof reference !== 'string' || !UUID.test(reference)) throw new NotFound('no such charge');
  return { id, type, reference, amount };
}

function parse(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}

import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { CHARGE_COLUMNS, type ChargeRow, toCharge } from './charge.ts';
import type { Deps } from './deps.ts';
import { accountOf, chargeOrderOf, keyOf } from './params.ts';
import type { Outcome } from './provider.ts';

/** `POST /v1/charges`: charges a card. A key that was seen before gets the charge it made then. */
export function createCharge({ pool, provider, log }: Deps): RequestHandler {
  return async (req, res) => {
    const account = accountOf(req);
    const key = keyOf(req);
    const order = chargeOrderOf(req.body);

    const earlier = await findCharge(pool, key);
    if (earlier) {
      res.status(statusOf(earlier)).json({ charge: toCharge(earlier) });
      return;
    }

    const request = { reference: randomUUID(), ...order };
    // TODO(task 5): what do we know of a charge when the provider does not tell?
    const outcome = await provider.charge(request).catch((error: unknown): Outcome => {
      log.warn({ err: error, reference: request.reference }, 'the provider failed');
      return { status: 'declined', code: 'processing_error' };
    });
    const { rows } = await pool.query<ChargeRow>(
      `INSERT INTO charges (id, account_id, idempotency_key, amount, currency, source, metadata,
                            status, decline_code, provider_charge_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       RETURNING ${CHARGE_COLUMNS}`,
      [
        request.reference,
        account,
        key,
        order.amount,
        order.currency,
        order.source,
        order.metadata,
        outcome.status,
        outcome.code,
        outcome.id,
      ],
    );
    const [row] = rows;
    if (!row) throw new Error('the charge was not stored');
    res.status(statusOf(row)).json({ charge: toCharge(row) });
  };
}

async function findCharge(pool: Pool, key: string): Promise<ChargeRow | undefined> {
  const { rows } = await pool.query<ChargeRow>(
    `SELECT ${CHARGE_COLUMNS} FROM charges WHERE idempotency_key = $1 LIMIT 1`,
    [key],
  );
  return rows[0];
}

function statusOf({ status }: ChargeRow): number {
  return status === 'declined' ? 402 : 201;
}

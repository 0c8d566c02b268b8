import { CHARGE_COLUMNS, type ChargeRow, toCharge } from './charge.ts';
import { inTransaction } from './db.ts';
import type { Deps } from './deps.ts';
import { type Claim, giveBack, type StoredAnswer, unlock } from './idempotency.ts';
import type { Final } from './provider.ts';

/** How far a charge came: a final answer, an outcome to be found out, or certainly nothing. */
export type Settled =
  | ({ readonly state: 'final' } & StoredAnswer)
  | { readonly state: 'pending'; readonly charge: ChargeRow }
  | { readonly state: 'not processed'; readonly retryAfterMs: number };

/**
 * Has a claimed charge made, or finds out how it went: the provider knows the charge by its id, so
 * that asking again is asking for the same charge.
 */
export async function settleCharge(
  { pool, provider }: Pick<Deps, 'pool' | 'provider'>,
  claim: Claim,
  gone?: AbortSignal,
): Promise<Settled> {
  const charge = await readCharge(pool, claim);
  const { id, amount, currency, source } = charge;
  const outcome = await provider.charge({ key: id, reference: id, amount, currency, source }, gone);
  switch (outcome.kind) {
    case 'final':
      return store(pool, charge, outcome);
    case 'not processed':
      if (!claim.isFirst) break;
      // A request that took over meanwhile may have charged.
      if (!(await giveBack(pool, claim))) return { state: 'pending', charge };
      return { state: 'not processed', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
  }
  await unlock(pool, claim);
  return { state: 'pending', charge };
}

async function readCharge(pool: Deps['pool'], { chargeId }: Claim): Promise<ChargeRow> {
  const { rows } = await pool.query<ChargeRow>(
    `SELECT ${CHARGE_COLUMNS} FROM charges WHERE id = $1`,
    [chargeId],
  );
  const [charge] = rows;
  if (!charge) throw new Error(`charge ${chargeId} is not there`);
  return charge;
}

/** The charge and the answer in one transaction. The first answer stays, even if another one comes later. */
async function store(pool: Deps['pool'], charge: ChargeRow, final: Final): Promise<Settled> {
  const { status, id, code = null } = final;
  const settled = { ...charge, status, refunded: 0, decline_code: code };
  return inTransaction(pool, async (client) => {
    // An event may have been faster; it knows at least as much.
    await client.query(
      `UPDATE charges
          SET status = CASE WHEN status = 'pending' THEN $2 ELSE status END,
              decline_code = $3,
              provider_charge_id = $4
        WHERE id = $1`,
      [charge.id, status, code, id],
    );
    const { rows } = await client.query<{ status: number; body: string }>(
      `UPDATE idempotency_keys
          SET status_code = coalesce(status_code, $2), body = coalesce(body, $3)
        WHERE charge_id = $1
    RETURNING status_code AS status, body`,
      [charge.id, status === 'declined' ? 402 : 201, JSON.stringify({ charge: toCharge(settled) })],
    );
    const [answer] = rows;
    if (!answer) throw new Error(`the key of charge ${charge.id} is not there`);
    return { state: 'final', ...answer };
  });
}

import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { CHARGE_COLUMNS, type ChargeRow } from './charge.ts';
import type { ChargeOrder } from './params.ts';
import type { Verdict } from './provider.ts';

/** A charge with what the provider said of it first; `null` while that is not known. */
export interface OpenCharge extends ChargeRow {
  outcome: 'succeeded' | 'declined' | null;
}

const COLUMNS = `${CHARGE_COLUMNS}, outcome`;
const LEASED = `now() + $1 * interval '1 ms'`;

/** Writes a new charge and leases it, unless its key has one: the unique index decides. */
export async function insertCharge(
  pool: Pool,
  leaseMs: number,
  account: number,
  key: string,
  { amount, currency, source, metadata }: ChargeOrder,
): Promise<OpenCharge | undefined> {
  const { rows } = await pool.query<OpenCharge>(
    `INSERT INTO charges (leased_until, id, account_id, idempotency_key, amount, currency, source,
                          metadata, status)
     VALUES (${LEASED}, $2, $3, $4, $5, $6, $7, $8, 'pending')
     ON CONFLICT (account_id, idempotency_key) DO NOTHING
     RETURNING ${COLUMNS}`,
    [leaseMs, randomUUID(), account, key, amount, currency, source, metadata],
  );
  return rows[0];
}

/** The charge of a key, and whether it is of the same order; jsonb compares without regard to order. */
export async function findCharge(
  pool: Pool,
  account: number,
  key: string,
  { amount, currency, source, metadata }: ChargeOrder,
): Promise<(OpenCharge & { same_order: boolean }) | undefined> {
  const { rows } = await pool.query<OpenCharge & { same_order: boolean }>(
    `SELECT ${COLUMNS},
            (amount, currency, source, metadata) = ($3, $4, $5, $6::jsonb) AS same_order
       FROM charges WHERE account_id = $1 AND idempotency_key = $2`,
    [account, key, amount, currency, source, metadata],
  );
  return rows[0];
}

/** Leases a charge whose outcome is open and which nobody else holds. */
export async function leaseCharge(
  pool: Pool,
  leaseMs: number,
  id: string,
): Promise<OpenCharge | undefined> {
  const { rows } = await pool.query<OpenCharge>(
    `UPDATE charges SET leased_until = ${LEASED}, leases = leases + 1
      WHERE id = $2 AND outcome IS NULL AND leased_until <= now()
  RETURNING ${COLUMNS}`,
    [leaseMs, id],
  );
  return rows[0];
}

/** Ids of charges whose outcome is open and that nobody works on, those that wait longest first. */
export async function openCharges(pool: Pool, most: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM charges WHERE outcome IS NULL AND leased_until <= now()
      ORDER BY leased_until LIMIT $1`,
    [most],
  );
  return rows.map(({ id }) => id);
}

/** Ends the lease: the outcome is open, and the next request may ask. */
export async function endLease(pool: Pool, id: string): Promise<void> {
  await pool.query('UPDATE charges SET leased_until = now() WHERE id = $1', [id]);
}

/** Writes down how it went. The second writer finds the outcome of the first, which is the same. */
export async function writeOutcome(
  pool: Pool,
  id: string,
  { status, providerId, code }: Verdict,
): Promise<OpenCharge> {
  const { rows } = await pool.query<OpenCharge>(
    `UPDATE charges
        SET outcome = coalesce(outcome, $2),
            decline_code = coalesce(decline_code, $3),
            provider_charge_id = coalesce(provider_charge_id, $4),
            status = CASE WHEN status = 'pending' THEN $2 ELSE status END
      WHERE id = $1
  RETURNING ${COLUMNS}`,
    [id, status, code, providerId],
  );
  const [charge] = rows;
  if (!charge) throw new Error(`charge ${id} is not there`);
  return charge;
}

/**
 * As if it had never been asked for. Only for a charge that was certainly never made: `false` when
 * somebody else has leased it meanwhile, who may have made it.
 */
export async function deleteCharge(pool: Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query('DELETE FROM charges WHERE id = $1 AND leases = 1', [id]);
  return rowCount === 1;
}

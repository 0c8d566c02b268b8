import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { inTransaction } from './db.ts';
import { fingerprint } from './fingerprint.ts';
import type { ChargeOrder } from './params.ts';

/** A final answer, byte for byte. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

/** The right to work on a charge until the lease ends. */
export interface Claim {
  readonly chargeId: string;
  /** Whether nobody worked on it before, so that nobody can have charged anything. */
  readonly isFirst: boolean;
}

export type Claimed =
  | { readonly state: 'yours'; readonly claim: Claim }
  | { readonly state: 'done'; readonly answer: StoredAnswer }
  | { readonly state: 'running' }
  | { readonly state: 'other payload' };

export interface NewClaim {
  readonly account: number;
  readonly key: string;
  readonly order: ChargeOrder;
  readonly leaseMs: number;
}

interface KeyRow {
  fingerprint: string;
  status_code: number | null;
  body: string | null;
}

/** Looks the key up; one that is free, or whose lease has ended, is claimed. */
export async function claimKey(
  pool: Pool,
  { account, key, order, leaseMs }: NewClaim,
): Promise<Claimed> {
  const print = fingerprint(order);
  const { rows } = await pool.query<KeyRow & { charge_id: string; is_held: boolean }>(
    `SELECT fingerprint, status_code, body, charge_id, locked_until > now() AS is_held
       FROM idempotency_keys WHERE account_id = $1 AND key = $2`,
    [account, key],
  );
  const [row] = rows;
  if (row && row.fingerprint !== print) return { state: 'other payload' };
  if (row && row.status_code !== null && row.body !== null) {
    return { state: 'done', answer: { status: row.status_code, body: row.body } };
  }
  if (row?.is_held) return { state: 'running' };
  if (row) {
    await pool.query(
      `UPDATE idempotency_keys
          SET locked_until = now() + $3 * interval '1 ms', claims = claims + 1
        WHERE account_id = $1 AND key = $2`,
      [account, key, leaseMs],
    );
    return { state: 'yours', claim: { chargeId: row.charge_id, isFirst: false } };
  }
  const chargeId = randomUUID();
  await inTransaction(pool, async (client) => {
    await client.query(
      `INSERT INTO idempotency_keys AS k (account_id, key, fingerprint, charge_id, locked_until)
       VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms')
       ON CONFLICT (account_id, key) DO UPDATE
          SET locked_until = excluded.locked_until, charge_id = excluded.charge_id,
              claims = k.claims + 1`,
      [account, key, print, chargeId, leaseMs],
    );
    await client.query(
      `INSERT INTO charges (id, account_id, idempotency_key, amount, currency, source, metadata, status)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending')`,
      [chargeId, account, key, order.amount, order.currency, order.source, order.metadata],
    );
  });
  return { state: 'yours', claim: { chargeId, isFirst: true } };
}

/** Claims charges whose outcome nobody knows and nobody is working on, the oldest first. */
export async function claimOpen(pool: Pool, leaseMs: number, most: number): Promise<Claim[]> {
  const { rows } = await pool.query<{ charge_id: string }>(
    `UPDATE idempotency_keys
        SET locked_until = now() + $1 * interval '1 ms', claims = claims + 1
      WHERE charge_id IN (SELECT charge_id
                            FROM idempotency_keys
                           WHERE body IS NULL AND locked_until <= now()
                           ORDER BY locked_until
                           LIMIT $2
                             FOR UPDATE SKIP LOCKED)
    RETURNING charge_id`,
    [leaseMs, most],
  );
  return rows.map((row) => ({ chargeId: row.charge_id, isFirst: false }));
}

/** Lets the next one have it at once: the outcome is still open. */
export async function unlock(pool: Pool, { chargeId }: Claim): Promise<void> {
  await pool.query(`UPDATE idempotency_keys SET locked_until = now() WHERE charge_id = $1`, [
    chargeId,
  ]);
}

/**
 * As if the request had never come. Only for a first claim that charged nothing for certain. Answers
 * whether it was still there to give: a lease may have ended, and then another has it.
 */
export async function giveBack(pool: Pool, { chargeId }: Claim): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      'DELETE FROM idempotency_keys WHERE charge_id = $1 AND claims = 1',
      [chargeId],
    );
    if (rowCount === 0) return false;
    await client.query('DELETE FROM charges WHERE id = $1', [chargeId]);
    return true;
  });
}

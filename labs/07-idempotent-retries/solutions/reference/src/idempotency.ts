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

/**
 * Claims a key of an account with one statement, which only one racer can win. The charge is written
 * with it, so that a crash leaves both or neither. A claim whose lease has ended may be taken over.
 */
export async function claimKey(pool: Pool, { account, key, order, leaseMs }: NewClaim) {
  const print = fingerprint(order);
  const claim = await inTransaction(pool, async (client): Promise<Claim | undefined> => {
    const { rows } = await client.query<{ charge_id: string; claims: number }>(
      `INSERT INTO idempotency_keys AS k (account_id, key, fingerprint, charge_id, locked_until)
       VALUES ($1, $2, $3, $4, now() + $5 * interval '1 ms')
       ON CONFLICT (account_id, key) DO UPDATE
          SET locked_until = excluded.locked_until, claims = k.claims + 1
        WHERE k.body IS NULL AND k.locked_until <= now() AND k.fingerprint = excluded.fingerprint
       RETURNING charge_id, claims`,
      [account, key, print, randomUUID(), leaseMs],
    );
    const [row] = rows;
    if (!row) return undefined;
    if (row.claims > 1) return { chargeId: row.charge_id, isFirst: false };
    await client.query(
      `INSERT INTO charges (id, account_id, idempotency_key, amount, currency, source, metadata, status)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending')`,
      [row.charge_id, account, key, order.amount, order.currency, order.source, order.metadata],
    );
    return { chargeId: row.charge_id, isFirst: true };
  });
  return claim ? ({ state: 'yours', claim } as const) : lookUp(pool, account, key, print);
}

async function lookUp(pool: Pool, account: number, key: string, print: string): Promise<Claimed> {
  const { rows } = await pool.query<KeyRow>(
    `SELECT fingerprint, status_code, body FROM idempotency_keys WHERE account_id = $1 AND key = $2`,
    [account, key],
  );
  const [row] = rows;
  // Given back between the two statements: the next request finds it free.
  if (!row) return { state: 'running' };
  if (row.fingerprint !== print) return { state: 'other payload' };
  if (row.status_code === null || row.body === null) return { state: 'running' };
  return { state: 'done', answer: { status: row.status_code, body: row.body } };
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
 * As if the request had never come. Only for a first claim that certainly charged nothing. Answers
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

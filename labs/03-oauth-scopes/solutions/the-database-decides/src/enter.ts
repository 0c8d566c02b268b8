import type { Response } from 'express';
import type { Pool, PoolClient } from 'pg';
import { findAccess } from './access.ts';
import { insufficientScope, unauthorized } from './challenge.ts';
import { HttpError } from './errors.ts';
import { claimsOf } from './principal.ts';
import { isAtLeast, type Role } from './roles.ts';
import { hasScope } from './scopes.ts';

/** What a route needs. */
export interface Needs {
  readonly scope: string;
  readonly role: Role;
}

/**
 * Does the work of a request in a transaction that sees the rows of the request's tenant and no
 * others. Whether the user may do it is read in the same transaction.
 *
 * @param needs `undefined` for a route that any good token may use.
 * @throws HttpError 401 or 403, before any work.
 */
export async function enter<T>(
  pool: Pool,
  res: Response,
  needs: Needs | undefined,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const claims = claimsOf(res);
  return inTransaction(pool, async (client) => {
    const access = await findAccess(client, claims);
    if (!access) throw unauthorized(res, 'invalid_token');
    if (needs && !hasScope(claims, needs.scope)) throw insufficientScope(res, needs.scope);
    if (needs && !isAtLeast(access.role, needs.role)) {
      throw new HttpError(403, `needs ${needs.role}`);
    }
    // True: it ends with the transaction. The next request that gets this connection has no tenant.
    await client.query(`SELECT set_config('billing.tenant_id', $1, true)`, [claims.tenantId]);
    return work(client);
  });
}

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

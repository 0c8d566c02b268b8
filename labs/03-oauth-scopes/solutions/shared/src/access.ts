import type { ClientBase, Pool } from 'pg';
import type { Role } from './roles.ts';
import type { Claims } from './verify-token.ts';

/** What a user may do in a tenant now. Without a role, the user is not a member. */
export interface Access {
  readonly role: Role | null;
}

/** `undefined` if the token is not good any more: it was revoked, or its user may not sign in. */
export async function findAccess(
  db: Pool | ClientBase,
  { userId, tenantId, jti }: Claims,
): Promise<Access | undefined> {
  const { rows } = await db.query<Access>(
    `SELECT m.role
       FROM users u
       LEFT JOIN memberships m ON m.user_id = u.id AND m.tenant_id = $2
      WHERE u.id = $1
        AND u.disabled_at IS NULL
        AND NOT EXISTS (SELECT FROM token_revocations WHERE jti = $3)`,
    [userId, tenantId, jti],
  );
  return rows[0];
}

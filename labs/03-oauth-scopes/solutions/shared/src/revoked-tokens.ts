import type { ClientBase, Pool } from 'pg';
import type { Claims } from './verify-token.ts';

/** From now on no instance takes the token. The row is of no use after the token's end. */
export async function revoke(db: Pool | ClientBase, { jti, exp }: Claims): Promise<void> {
  await db.query(
    `INSERT INTO token_revocations (jti, expires_at) VALUES ($1, to_timestamp($2))
     ON CONFLICT DO NOTHING`,
    [jti, exp],
  );
}

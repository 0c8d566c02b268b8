import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { RevokedTokens } from './revoked-tokens.ts';
import type { Settings } from './settings.ts';

/** What the parts of the service are made with. */
export interface Deps {
  readonly pool: Pool;
  readonly revoked: RevokedTokens;
  readonly settings: Settings;
  readonly log: Logger;
}

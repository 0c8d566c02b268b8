import type { JWTVerifyGetKey } from 'jose';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Introspection } from './introspection.ts';
import type { Settings } from './settings.ts';

/** What the parts of the service are made with. */
export interface Deps {
  readonly pool: Pool;
  readonly keys: JWTVerifyGetKey;
  readonly introspection: Introspection;
  readonly settings: Settings;
  readonly log: Logger;
}

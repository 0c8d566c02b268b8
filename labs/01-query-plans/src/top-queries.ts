import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { HttpError } from './errors.ts';

/** `GET /internal/top-queries`: what costs this database most. */
export function topQueries(_pool: Pool): RequestHandler {
  return () => {
    // TODO(task 1): pg_stat_statements is installed, and our role may read it.
    throw new HttpError(501, 'not implemented');
  };
}

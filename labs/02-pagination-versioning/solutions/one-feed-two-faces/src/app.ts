import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { errorHandler, NotFound, refuse } from './errors.ts';
import { openapi } from './openapi.ts';
import { requestLog } from './request-log.ts';
import { v1, v2 } from './versions.ts';

export interface Deps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly clock: Clock;
}

/** All routes of the service, without listening. */
export function createApp({ pool, log, clock }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok', now: clock() });
  });
  app.route('/openapi.json').get(openapi()).all(refuse('GET, HEAD'));
  app.use('/v1', v1(pool, clock));
  app.use('/v2', v2(pool));
  app.use((req) => {
    throw new NotFound(`there is no ${req.path}`);
  });
  app.use(errorHandler);
  return app;
}

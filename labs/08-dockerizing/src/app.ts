import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { createLabel } from './create-label.ts';
import { errorHandler, NotFound } from './errors.ts';
import { health } from './health.ts';
import { requestLog } from './request-log.ts';
import { version } from './version.ts';

export interface Deps {
  readonly pool: Pool;
  readonly log: Logger;
}

/** All routes of the service, without listening. */
export function createApp({ pool, log }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get(['/healthz', '/readyz'], health(pool));
  app.get('/version', version);
  app.post('/v1/parcels/:id/labels', createLabel(pool));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

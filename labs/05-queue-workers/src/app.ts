import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { errorHandler, NotFound } from './errors.ts';
import { job } from './jobs.ts';
import type { Publisher } from './publisher.ts';
import { requestLog } from './request-log.ts';
import { upload } from './uploads.ts';

export interface Deps {
  readonly pool: Pool;
  readonly publisher: Publisher;
  readonly log: Logger;
}

/** All routes of media-api, without listening. */
export function createApp({ pool, publisher, log }: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.post('/uploads', upload(pool, publisher));
  app.get('/jobs/:id', job(pool));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

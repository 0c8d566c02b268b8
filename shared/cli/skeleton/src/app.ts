import express, { type ErrorRequestHandler, type Express } from 'express';
import type pg from 'pg';
import type { Logger } from 'pino';
import { notes } from './notes.ts';

export function createApp(pool: pg.Pool, log: Logger): Express {
  const app = express();
  app.use(express.json());
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use('/v1/notes', notes(pool));

  const failed: ErrorRequestHandler = (error, _request, response, _next) => {
    log.error(error, 'a request failed');
    response.status(500).json({ error: 'internal error' });
  };
  app.use(failed);
  return app;
}

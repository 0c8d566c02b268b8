import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { createNote } from './create-note.ts';
import { errorHandler, NotFound } from './errors.ts';
import { requestLog } from './request-log.ts';
import { searchNotes } from './search-notes.ts';

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

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/v1/notes', searchNotes(pool));
  app.post('/v1/notes', createNote(pool));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

import express, { type Express } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { createBook } from './create-book.ts';
import { createLoan } from './create-loan.ts';
import { deleteBook } from './delete-book.ts';
import { errorHandler, NotFound } from './errors.ts';
import { getBook } from './get-book.ts';
import { getMember } from './get-member.ts';
import { listBooks } from './list-books.ts';
import { requestLog } from './request-log.ts';
import { updateBook } from './update-book.ts';

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
  app.get('/v1/books', listBooks(pool));
  app.post('/v1/books', createBook(pool));
  app.get('/v1/books/:id', getBook(pool));
  app.patch('/v1/books/:id', updateBook(pool));
  app.delete('/v1/books/:id', deleteBook(pool));
  app.get('/v1/members/:id', getMember(pool));
  app.post('/v1/loans', createLoan(pool));

  app.use(() => {
    throw new NotFound('no such route');
  });
  app.use(errorHandler);
  return app;
}

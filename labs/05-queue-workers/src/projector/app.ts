import express, { type ErrorRequestHandler, type Express } from 'express';
import { log } from '../log.ts';
import { readLag } from './lag.ts';
import { readUsage } from './read-usage.ts';
import { relayEvent } from './relay.ts';

/** The projector's routes, without listening. */
export function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json());

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.post('/events', relayEvent());
  app.get('/accounts/:id/usage', readUsage());
  app.get('/lag', readLag());

  const failed: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error, method: req.method, path: req.path }, 'failed');
    const message = status < 500 && error instanceof Error ? error.message : 'internal error';
    res.status(status).json({ error: message });
  };
  app.use(failed);
  return app;
}

/** The status that express's parsers put on their errors, else 500. */
function statusOf(error: unknown): number {
  const known = error instanceof Error && 'status' in error && typeof error.status === 'number';
  return known ? Number(error.status) : 500;
}

import type { RequestHandler } from 'express';
import manifest from '../package.json' with { type: 'json' };

/** `GET /version`: what runs here. */
export const version: RequestHandler = (_req, res) => {
  res.json({ version: manifest.version });
};

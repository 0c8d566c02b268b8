import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';
import manifest from '../package.json' with { type: 'json' };

/** `GET /version`: what runs here, and since when it exists. */
export const version: RequestHandler = (_req, res) => {
  res.json({ version: manifest.version, builtAt: builtAt() });
};

/** The Dockerfile writes it. */
function builtAt(): string | null {
  try {
    return readFileSync('BUILT_AT', 'utf8').trim();
  } catch {
    return null;
  }
}

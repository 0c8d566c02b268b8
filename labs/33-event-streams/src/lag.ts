import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';

/** `GET /lag`: how far the group is behind the topic. */
export function readLag(_deps: Deps): RequestHandler {
  return (_req, res) => {
    // TODO(task 5): by partition, from the broker.
    res.status(501).json({ error: 'not implemented' });
  };
}

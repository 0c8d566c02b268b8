import type { RequestHandler } from 'express';

/** `GET /lag`: how far the group is behind the topic. */
export function readLag(): RequestHandler {
  return (_req, res) => {
    // TODO(task 8): by partition, from the broker.
    res.status(501).json({ error: 'not implemented' });
  };
}

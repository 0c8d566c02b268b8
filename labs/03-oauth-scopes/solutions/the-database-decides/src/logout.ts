import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { enter } from './enter.ts';
import { claimsOf } from './principal.ts';
import { revoke } from './revoked-tokens.ts';

/** `POST /v1/logout`: the token of this request is of no use any more. */
export function logout({ pool }: Deps): RequestHandler {
  return async (_req, res) => {
    await enter(pool, res, undefined, (client) => revoke(client, claimsOf(res)));
    res.status(204).end();
  };
}

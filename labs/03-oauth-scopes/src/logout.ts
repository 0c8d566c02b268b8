import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { principalOf } from './principal.ts';

/** `POST /v1/logout`: the token of this request is of no use any more. */
export function logout({ revoked }: Deps): RequestHandler {
  return (_req, res) => {
    revoked.add(principalOf(res).jti);
    res.status(204).end();
  };
}

import type { RequestHandler } from 'express';
import { HttpError } from './errors.ts';
import { principalOf } from './principal.ts';

/** Lets a request through if its token has the scope. */
export function requireScope(needed: string): RequestHandler {
  return (_req, res, next) => {
    if (!principalOf(res).scope.includes(needed)) throw new HttpError(403, `needs ${needed}`);
    next();
  };
}

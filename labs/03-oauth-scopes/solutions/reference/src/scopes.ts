import type { RequestHandler } from 'express';
import { insufficientScope } from './challenge.ts';
import { principalOf } from './principal.ts';

/** Lets a request through if its token has the scope. */
export function requireScope(needed: string): RequestHandler {
  return (_req, res, next) => {
    const scopes = principalOf(res).scope.split(' ');
    if (!scopes.includes(needed)) throw insufficientScope(res, needed);
    next();
  };
}

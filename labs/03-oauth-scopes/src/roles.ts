import type { RequestHandler } from 'express';
import { HttpError } from './errors.ts';
import { principalOf } from './principal.ts';

/** Each may do what those before it may. */
const ROLES = ['viewer', 'accountant', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Lets a request through if its user has that role or a higher one. */
export function requireRole(needed: Role): RequestHandler {
  return (_req, res, next) => {
    const { role } = principalOf(res);
    if (ROLES.indexOf(role) < ROLES.indexOf(needed)) throw new HttpError(403, `needs ${needed}`);
    next();
  };
}

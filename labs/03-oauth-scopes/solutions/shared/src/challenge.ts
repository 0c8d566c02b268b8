import type { Response } from 'express';
import { HttpError } from './errors.ts';

/** The error for a request that has no token, or a bad one; RFC 6750, section 3. */
export function unauthorized(res: Response, error?: 'invalid_token'): HttpError {
  res.set('WWW-Authenticate', error === undefined ? 'Bearer' : `Bearer error="${error}"`);
  return new HttpError(401, 'needs a good token');
}

/** The error for a token that lacks a scope. */
export function insufficientScope(res: Response, scope: string): HttpError {
  res.set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
  return new HttpError(403, `needs ${scope}`);
}

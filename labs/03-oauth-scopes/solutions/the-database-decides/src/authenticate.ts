import type { RequestHandler } from 'express';
import { unauthorized } from './challenge.ts';
import type { Deps } from './deps.ts';
import { HttpError } from './errors.ts';
import { isOpaque } from './introspection.ts';
import { setClaims } from './principal.ts';
import { verifyToken } from './verify-token.ts';

/** Lets a request with a good token through, and keeps what the token says. */
export function authenticate({ introspection, keys, settings }: Deps): RequestHandler {
  return async (req, res, next) => {
    const token = /^Bearer (.+)$/iu.exec(req.get('authorization') ?? '')?.[1];
    if (token === undefined) throw unauthorized(res);
    const claims = isOpaque(token)
      ? await introspection.find(token)
      : await verifyToken(token, keys, settings);
    if (!claims) throw unauthorized(res, 'invalid_token');
    const header = req.get('x-tenant-id');
    if (header !== undefined && header !== String(claims.tenantId)) {
      throw new HttpError(403, 'the token is for another tenant');
    }
    setClaims(res, claims);
    next();
  };
}

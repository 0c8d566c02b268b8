import type { RequestHandler } from 'express';
import { findAccess } from './access.ts';
import { unauthorized } from './challenge.ts';
import type { Deps } from './deps.ts';
import { HttpError } from './errors.ts';
import { isOpaque } from './introspection.ts';
import { setPrincipal } from './principal.ts';
import { type Claims, verifyToken } from './verify-token.ts';

/** Lets a request with a good token through, and keeps on whose behalf it is made. */
export function authenticate({ introspection, keys, log, pool, settings }: Deps): RequestHandler {
  return async (req, res, next) => {
    const token = /^Bearer (.+)$/iu.exec(req.get('authorization') ?? '')?.[1];
    if (token === undefined) throw unauthorized(res);
    let claims: Claims | undefined;
    try {
      claims = isOpaque(token)
        ? await introspection.find(token)
        : await verifyToken(token, keys, settings);
    } catch (error) {
      if (error instanceof HttpError) throw error;
      // Why is for us to know, not for the sender.
      log.info({ reason: error instanceof Error ? error.message : error }, 'token refused');
      throw unauthorized(res, 'invalid_token');
    }
    const access = claims && (await findAccess(pool, claims));
    if (!claims || !access) throw unauthorized(res, 'invalid_token');
    const header = req.get('x-tenant-id');
    if (header !== undefined && header !== String(claims.tenantId)) {
      throw new HttpError(403, 'the token is for another tenant');
    }
    setPrincipal(res, { ...claims, ...access });
    next();
  };
}

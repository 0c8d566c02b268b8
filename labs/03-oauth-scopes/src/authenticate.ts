import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { HttpError } from './errors.ts';
import { setPrincipal } from './principal.ts';
import { verifyToken } from './verify-token.ts';

/** Lets a request with a good token through, and keeps on whose behalf it is made. */
export function authenticate({ revoked, settings }: Deps): RequestHandler {
  return async (req, res, next) => {
    const token = /^Bearer (.+)$/iu.exec(req.get('authorization') ?? '')?.[1];
    if (token === undefined) throw new HttpError(401, 'no token');
    const claims = await verifyToken(token, settings).catch(() => undefined);
    if (!claims || revoked.has(claims.jti)) throw new HttpError(401, 'invalid token');
    setPrincipal(res, {
      userId: claims.sub,
      // The gateway sets the header for users with several tenants.
      tenantId: Number(req.get('x-tenant-id') ?? claims.tenant_id),
      role: claims.role,
      scope: claims.scope,
      jti: claims.jti,
      exp: claims.exp,
    });
    next();
  };
}

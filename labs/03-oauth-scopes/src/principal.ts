import type { Response } from 'express';
import type { Role } from './roles.ts';

/** On whose behalf a request is made, and what its token allows. */
export interface Principal {
  readonly userId: string;
  readonly tenantId: number;
  readonly role: Role;
  readonly scope: string;
  /** The token's own id, and when it ends, in seconds since 1970. */
  readonly jti: string;
  readonly exp: number;
}

export function setPrincipal(res: Response, principal: Principal): void {
  res.locals['principal'] = principal;
}

/** Of a request that `authenticate` has let through. */
export function principalOf(res: Response): Principal {
  return res.locals['principal'] as Principal;
}

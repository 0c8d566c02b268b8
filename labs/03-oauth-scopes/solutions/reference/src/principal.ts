import type { Response } from 'express';
import type { Access } from './access.ts';
import type { Claims } from './verify-token.ts';

/** On whose behalf a request is made, what its token allows, and what its user may do. */
export type Principal = Claims & Access;

export function setPrincipal(res: Response, principal: Principal): void {
  res.locals['principal'] = principal;
}

/** Of a request that `authenticate` has let through. */
export function principalOf(res: Response): Principal {
  return res.locals['principal'] as Principal;
}

import type { Response } from 'express';
import type { Claims } from './verify-token.ts';

/** On whose behalf a request is made, and what its token allows. */
export function setClaims(res: Response, claims: Claims): void {
  res.locals['claims'] = claims;
}

/** Of a request that `authenticate` has let through. */
export function claimsOf(res: Response): Claims {
  return res.locals['claims'] as Claims;
}

import type { Claims } from './verify-token.ts';

/** Whether a token has the scope. */
export function hasScope({ scope }: Claims, needed: string): boolean {
  return scope.split(' ').includes(needed);
}

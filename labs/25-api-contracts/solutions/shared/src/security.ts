import type { Security } from './document.ts';

/** Each way in that the old document offers must be enough for one of the new one. */
export function securityChanges(old: readonly Security[], revised: readonly Security[]): string[] {
  const ways = (all: readonly Security[]): readonly Security[] => (all.length === 0 ? [{}] : all);
  const enough = (has: Security, needs: Security): boolean =>
    Object.entries(needs).every(
      ([scheme, scopes]) => scopes.every((scope) => has[scheme]?.includes(scope)) && scheme in has,
    );
  return ways(old)
    .filter((has) => !ways(revised).some((needs) => enough(has, needs)))
    .map(
      (has) => `security: ${Object.keys(has).join(' and ') || 'no login'} is not enough any more`,
    );
}

import { createHash } from 'node:crypto';

/** Misconceptions in a sample. */
const FEW = 2;

/**
 * Rows of a proven lab to judge all the same: the starter, a solution or a design, and a few
 * misconceptions.
 *
 * @param names as `rowNames` has them.
 * @param seed draws them: the same seed the same, so that a red sample can be repeated.
 */
export function sampleOf(names: readonly string[], seed: string): string[] {
  const drawn = names.toSorted((a, b) => rank(seed, a).localeCompare(rank(seed, b)));
  const some = (kind: RegExp, most: number) =>
    drawn.filter((name) => kind.test(name)).slice(0, most);
  const chosen = new Set([
    'starter',
    ...some(/^(?:solutions|designs)\//u, 1),
    ...some(/^misconceptions\//u, FEW),
  ]);
  return names.filter((name) => chosen.has(name));
}

function rank(seed: string, name: string): string {
  return createHash('sha256').update(`${seed}\0${name}`).digest('hex');
}

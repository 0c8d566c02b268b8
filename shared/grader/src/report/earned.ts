import type { GradedPoint, Pack } from '@backend-labs/protocol';

/** How many points say something about a candidate. Each counts as its weight says. */
export interface Earned {
  /** Passed by the untouched starter. */
  readonly given: number;
  /** All others, and those of them that the submission passes. */
  readonly rest: number;
  readonly earned: number;
  /** Ids of points that the starter passes and the submission fails. */
  readonly lost: readonly string[];
}

/** @returns undefined when the pack does not say what the starter passes. */
export function earnedOf(
  points: readonly GradedPoint[],
  { passedByStarter }: Pick<Pack, 'passedByStarter'>,
): Earned | undefined {
  if (!passedByStarter) return undefined;
  const [given, rest] = [true, false].map((isGiven) =>
    points.filter(({ id }) => passedByStarter.includes(id) === isGiven),
  );
  return {
    given: sum(given),
    rest: sum(rest),
    earned: sum(rest?.filter(({ grade }) => grade === 'passed')),
    lost: (given ?? []).filter(({ grade }) => grade === 'failed').map(({ id }) => id),
  };
}

function sum(points: readonly GradedPoint[] = []): number {
  return points.reduce((all, { weight }) => all + weight, 0);
}

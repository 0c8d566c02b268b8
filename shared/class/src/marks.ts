import type { Score } from '@backend-labs/protocol';
import type { LatePolicy, Mark, Override } from './records.ts';

const DAY = 86_400;

/** The last instant at which a commit still counts. ISO 8601, UTC. */
export function closes({ due, late }: { readonly due: string; readonly late: LatePolicy }): string {
  return new Date(Date.parse(due) + late.hours * 3_600_000).toISOString();
}

/** Whole seconds after the due date; 0 when in time. A part of a second is a whole one. */
export function lateSeconds(due: string, at: string): number {
  return Math.max(0, Math.ceil((Date.parse(at) - Date.parse(due)) / 1000));
}

/**
 * What counts in the end. Lateness costs a share of the score for each begun day, at most all of it.
 * A mark that a person has set is taken as it is.
 *
 * @param of the points that there are, when there is no score.
 */
export function markOf(
  score: Score | undefined,
  late: { readonly seconds: number; readonly policy: LatePolicy },
  override: Override | undefined,
  of: () => number,
): Mark | undefined {
  if (override) {
    return { points: override.points, of: score?.of ?? of(), penalty: 0, overridden: true };
  }
  if (!score) return undefined;
  const share = Math.min(1, Math.ceil(late.seconds / DAY) * late.policy.perDay);
  const penalty = rounded(score.points * share);
  return { points: rounded(score.points - penalty), of: score.of, penalty, overridden: false };
}

/** Hundredths of a point. */
function rounded(points: number): number {
  return Math.round(points * 100) / 100;
}

import type { GradedPoint, GradedTask, GradeResult } from '@backend-labs/protocol';
import type { ClassRecord, Mark } from '../records.ts';

/** A record with a mark: what was graded, or what a person has set. */
export interface Marked extends ClassRecord {
  readonly mark: Mark;
}

/** Whether a record has a mark. What was not judged has none until a person sets it; it is never a zero. */
export function isMarked(record: ClassRecord): record is Marked {
  return record.mark !== undefined;
}

/** Why a record has no mark. */
export function whyNoMark({ state }: ClassRecord): string {
  return REASONS[state] ?? `it is ${state}`;
}

const REASONS: Readonly<Partial<Record<ClassRecord['state'], string>>> = {
  'no submission': 'there is no submission',
  graded: 'it has no mark',
  'not judged': 'the machine or a server was at fault; grade it again',
};

export interface PointOf {
  readonly task: GradedTask;
  readonly point: GradedPoint;
}

/** Every point of a result; of none, if there is no result. */
export function pointsOf(result: GradeResult | undefined): PointOf[] {
  const tasks = result?.tasks ?? [];
  return tasks.flatMap((task) => task.points.map((point) => ({ task, point })));
}

/** What a point earned. Undefined: it was not judged. */
export function earned({ grade, weight }: GradedPoint): number | undefined {
  return grade === 'not judged' ? undefined : grade === 'passed' ? weight : 0;
}

/** `Lesson: check-then-act.`; empty when no test taught one. */
export function lessonLine({ lessons }: GradedPoint): string {
  if (lessons.length === 0) return '';
  return `${lessons.length > 1 ? 'Lessons' : 'Lesson'}: ${lessons.join(', ')}.`;
}

/** How a mark came about, for the student. */
export function markLine({ mark, submission }: Marked): string {
  const shown = `${rounded(mark.points)} of ${rounded(mark.of)} points.`;
  if (mark.overridden) return `${shown} A person has set this mark.`;
  if (mark.penalty === 0) return shown;
  const late = hours(submission?.lateSeconds ?? 0);
  return `${shown} It was ${late} late, which cost ${rounded(mark.penalty)} points.`;
}

const HOUR_S = 3_600;

/** `5 h`, `less than 1 h`. */
export function hours(seconds: number): string {
  return seconds < HOUR_S ? 'less than 1 h' : `${Math.round(seconds / HOUR_S)} h`;
}

/** Two places at most, and no trace of binary fractions. */
export function rounded(points: number): number {
  return Math.round(points * 100) / 100;
}

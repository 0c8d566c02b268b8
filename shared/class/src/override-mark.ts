import { ClassError } from './errors.ts';
import { Layout } from './folder/layout.ts';
import { writeOverride } from './overrides.ts';
import { readClass } from './read-class.ts';
import type { ClassRecord } from './records.ts';

export interface OverrideRequest {
  readonly dir: string;
  readonly assignment: string;
  readonly student: string;
  /** Left out: the override is taken back. */
  readonly set?: { readonly points: number; readonly why: string; readonly by: string };
}

/**
 * Sets a mark by hand, or takes it back.
 *
 * @returns the record with its new mark.
 * @throws ClassError `UNKNOWN`, `BAD_VALUE`, and what `readClass` throws.
 */
export async function overrideMark(request: OverrideRequest): Promise<ClassRecord> {
  const { dir, assignment, student, set } = request;
  const only = { assignments: [assignment], students: [student] };
  const [before] = await readClass(dir, only);
  if (set && (!Number.isFinite(set.points) || set.points < 0)) {
    throw new ClassError('BAD_VALUE', 'points: must be a number from 0.');
  }
  if (set && set.why.trim() === '') throw new ClassError('BAD_VALUE', 'why: must not be empty.');
  if (!set && !before?.override) {
    throw new ClassError('UNKNOWN', `${student} has no override in ${assignment}.`);
  }
  const override = set && { ...set, at: new Date().toISOString() };
  writeOverride(new Layout(dir), assignment, student, override);
  const [after] = await readClass(dir, only);
  return after as ClassRecord;
}

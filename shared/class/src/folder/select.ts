import { ClassError } from '../errors.ts';
import type { Student } from '../records.ts';
import type { FiledAssignment } from './class-file.ts';

/** Which part of a class; left out or empty: all of it. */
export interface Only {
  readonly students?: readonly string[];
  readonly assignments?: readonly string[];
}

/** @throws ClassError `UNKNOWN`. */
export function wanted(
  students: readonly Student[],
  assignments: readonly FiledAssignment[],
  only: Only,
): { students: readonly Student[]; assignments: readonly FiledAssignment[] } {
  return {
    students: chosen('student', students, only.students ?? []),
    assignments: chosen('assignment', assignments, only.assignments ?? []),
  };
}

function chosen<T extends { readonly id: string }>(
  kind: string,
  all: readonly T[],
  ids: readonly string[],
): readonly T[] {
  if (ids.length === 0) return all;
  const unknown = ids.find((id) => !all.some((one) => one.id === id));
  if (unknown === undefined) return all.filter(({ id }) => ids.includes(id));
  const known =
    all
      .map(({ id }) => id)
      .slice(0, 20)
      .join(', ') || 'none';
  throw new ClassError('UNKNOWN', `There is no ${kind} "${unknown}". The class has ${known}.`);
}

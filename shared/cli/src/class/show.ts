import type { ClassRecord } from '@backend-labs/class';

/** A record for a machine: without the result itself, which is in the folder. */
export function jsonOf({
  student,
  assignment,
  state,
  note,
  submission,
  result,
  override,
  mark,
}: ClassRecord) {
  return {
    student: student.id,
    assignment: assignment.id,
    state,
    note,
    commit: submission?.commit,
    at: submission?.at,
    lateSeconds: submission?.lateSeconds,
    score: result?.score,
    mark,
    override,
  };
}

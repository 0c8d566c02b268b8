import type { GradedTask } from '@backend-labs/protocol';
import { pointsOf } from '../export/graded.ts';
import type { ClassRecord, Student } from '../records.ts';
import type { Comparison } from '../similarity/compare.ts';

/** Someone who has handed in nothing of their own. */
export interface NotStarted {
  readonly record: ClassRecord;
  readonly why: string;
}

/** Records of students who have not started, with the reason. */
export function notStarted(
  records: readonly ClassRecord[],
  comparisons: readonly Comparison[],
): NotStarted[] {
  const unchanged = new Set(
    comparisons.flatMap((each) => each.unchanged.map((id) => key(each.assignment.id, id))),
  );
  return records.flatMap((record): NotStarted[] => {
    const { state, student, assignment, note } = record;
    if (state === 'not collected') {
      return [{ record, why: note ?? 'nothing was collected yet' }];
    }
    if (state === 'no submission')
      return [{ record, why: note ?? 'no commit before the deadline' }];
    if (!unchanged.has(key(assignment.id, student.id))) return [];
    return [{ record, why: 'no change to the starter' }];
  });
}

function key(assignment: string, student: string): string {
  return `${assignment}/${student}`;
}

/** The first task that somebody who has started does not pass. */
export interface Stuck {
  readonly record: ClassRecord;
  readonly task: GradedTask;
}

/** Of each record the first core task that failed, unless everything before it is untouched too. */
export function stuck(
  records: readonly ClassRecord[],
  idle: ReadonlySet<ClassRecord>,
): Map<string, Stuck[]> {
  const found = records.flatMap((record): Stuck[] => {
    const tasks = record.result?.tasks.filter(({ stretch }) => !stretch) ?? [];
    const task = tasks.find(({ grade }) => grade === 'failed');
    return task && !idle.has(record) ? [{ record, task }] : [];
  });
  return Map.groupBy(found, ({ record, task }) => key(record.assignment.id, String(task.task)));
}

/** A lesson, and whom a test taught it. */
export interface LessonMet {
  readonly id: string;
  /** `Check then act`. */
  readonly title: string;
  readonly assignment: string;
  /** Points at which it was met: id and sentence. */
  readonly points: ReadonlyMap<string, string>;
  readonly students: ReadonlyMap<string, Student>;
}

/** Lessons by how many students met them, the most often met first. */
export function lessonsMet(records: readonly ClassRecord[]): LessonMet[] {
  const met = records.flatMap(({ student, assignment, result }) =>
    (result ? pointsOf(result) : []).flatMap(({ point }) =>
      point.lessons.map((id) => ({ id, student, assignment, point })),
    ),
  );
  return [...Map.groupBy(met, ({ id, assignment }) => key(assignment.id, id)).values()]
    .flatMap((own): LessonMet[] => {
      const [first] = own;
      if (!first) return [];
      return [
        {
          id: first.id,
          title: titleOf(first.id),
          assignment: first.assignment.title,
          points: new Map(own.map(({ point }) => [point.id, point.text])),
          students: new Map(own.map(({ student }) => [student.id, student])),
        },
      ];
    })
    .toSorted((a, b) => b.students.size - a.students.size || (a.id < b.id ? -1 : 1));
}

/** A result has nothing of a lesson but its id. */
function titleOf(id: string): string {
  const words = id.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

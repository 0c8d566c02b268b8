import type { ClassRecord } from '@backend-labs/class';
import { clean } from '../ui/untrusted.ts';

const STATES = {
  'not collected': '-',
  'no submission': 'none',
  collected: 'collected',
  queued: 'queued',
  grading: 'grading',
  graded: 'graded',
  'not judged': 'not judged',
} as const;

/** Students by assignments: the mark, or how far it is; then the notes and the counts. */
export function statusTable(records: readonly ClassRecord[]): string {
  const assignments = [...new Set(records.map(({ assignment }) => assignment.id))];
  if (assignments.length === 0) return 'No assignment yet: labs class assign <dir> <lab>';
  const students = Map.groupBy(records, ({ student }) => student.id);
  const rows = [...students.values()].map((own) => [
    own[0]?.student.id ?? '',
    own[0]?.student.name ?? '',
    ...assignments.map((id) => cell(own.find(({ assignment }) => assignment.id === id))),
  ]);
  const table = aligned([['id', 'name', ...assignments], ...rows]);
  const notes = records.flatMap(({ student, assignment, note }) =>
    note === undefined ? [] : [`${assignment.id}  ${student.id}: ${note}`],
  );
  return clean(
    [...table, ...(notes.length > 0 ? ['', ...notes] : []), '', counts(records)].join('\n'),
  );
}

function cell(record: ClassRecord | undefined): string {
  if (!record) return '';
  const { mark, state, submission } = record;
  const late = (submission?.lateSeconds ?? 0) > 0 ? ' late' : '';
  if (!mark) return `${STATES[state]}${late}`;
  const points = `${mark.points}/${mark.of}${mark.overridden ? '*' : ''}`;
  return `${points}${late}${state === 'graded' ? '' : ` ${STATES[state]}`}`;
}

function counts(records: readonly ClassRecord[]): string {
  const by = Map.groupBy(records, ({ state }) => state);
  const said = [...by].map(([state, all]) => `${all.length} ${state}`);
  const byHand = records.some(({ mark }) => mark?.overridden) ? '  * set by hand' : '';
  return `${said.join(', ')}.${byHand}`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => (row[at] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

import { stringify } from 'csv-stringify/sync';
import type { ClassRecord } from '../records.ts';
import type { Exporter } from './file.ts';
import { rounded } from './graded.ts';

const HOUR_S = 3_600;

/**
 * Two tables. `gradebook.csv` is for a learning management system: a line for each student, a column
 * for each assignment. An empty cell is not a grade, and an import leaves the grade as it is; what was not
 * judged, or not handed in, is never a zero. `marks.csv` is for people: a line for each student and
 * assignment, with how the mark came about.
 *
 * A cell that a spreadsheet would run as a formula begins with an apostrophe.
 *
 * @see https://docs.moodle.org/en/Grade_import
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export const csv: Exporter = (records) => ({
  files: [
    { path: 'gradebook.csv', text: table(gradebook(records)) },
    { path: 'marks.csv', text: table(marks(records)) },
  ],
  left: [],
});

type Cell = string | number;

function gradebook(records: readonly ClassRecord[]): Cell[][] {
  const assignments = new Map(records.map(({ assignment }) => [assignment.id, assignment.title]));
  const byStudent = Map.groupBy(records, ({ student }) => student.id);
  return [
    ['Student ID', 'Name', 'Email', ...assignments.values()],
    ...[...byStudent].map(([id, own]): Cell[] => [
      id,
      own[0]?.student.name ?? '',
      own[0]?.student.email ?? '',
      ...assignments.keys().map((assignment) => {
        const mark = own.find((record) => record.assignment.id === assignment)?.mark;
        return mark ? rounded(mark.points) : '';
      }),
    ]),
  ];
}

const COLUMNS = [
  'Student ID',
  'Name',
  'Email',
  'Assignment',
  'Title',
  'State',
  'Points',
  'Of',
  'Late hours',
  'Late penalty',
  'Set by hand',
  'Commit',
  'Graded',
];

function marks(records: readonly ClassRecord[]): Cell[][] {
  return [
    COLUMNS,
    ...records.map(({ student, assignment, state, submission, result, mark }): Cell[] => [
      student.id,
      student.name,
      student.email ?? '',
      assignment.id,
      assignment.title,
      state,
      mark ? rounded(mark.points) : '',
      mark ? rounded(mark.of) : '',
      submission ? rounded(submission.lateSeconds / HOUR_S) : '',
      mark ? rounded(mark.penalty) : '',
      mark?.overridden === true ? 'yes' : '',
      submission?.commit ?? '',
      result?.times.graded ?? '',
    ]),
  ];
}

/** As RFC 4180 has it. */
function table(rows: readonly Cell[][]): string {
  return stringify([...rows], { escape_formulas: true, record_delimiter: 'windows' });
}

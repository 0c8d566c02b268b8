import { html, type Html, PAGE_POLICY, STYLE, text } from '@backend-labs/grader';
import { hours, rounded } from '../export/graded.ts';
import type { ClassRecord } from '../records.ts';
import type { Comparison } from '../similarity/compare.ts';
import { lessonsMet, type NotStarted, notStarted, type Stuck, stuck } from './facts.ts';
import { LONGEST, renderMarks } from './table.ts';

export interface ReportOptions {
  /** The name of the class. */
  readonly title: string;
  readonly comparisons: readonly Comparison[];
  /** ISO 8601: when the report was made. */
  readonly at: string;
}

/** Lines of one list. */
const MOST = 200;

/** The page for a teacher: one file, without a script and without a network. */
export function classReport(records: readonly ClassRecord[], options: ReportOptions): string {
  const { title, comparisons, at } = options;
  const idle = notStarted(records, comparisons);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}" />
        <meta name="viewport" content="width=device-width" />
        <title>${text(title, LONGEST)}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>${text(title, LONGEST)}</h1>
        ${renderHead(records, idle, at)}
        <h2>Marks</h2>
        ${renderMarks(records)}
        <h2>Not started</h2>
        ${renderNotStarted(idle)}
        <h2>Stuck</h2>
        ${renderStuck(stuck(records, new Set(idle.map(({ record }) => record))))}
        <h2>Lessons most often met</h2>
        ${renderLessons(records)}
        <h2>Late</h2>
        ${renderLate(records)}
        <h2>Similar work</h2>
        ${renderSimilar(records, comparisons)}
      </body>
    </html> `;
  return page.source;
}

function renderHead(
  records: readonly ClassRecord[],
  idle: readonly NotStarted[],
  at: string,
): Html {
  const distinct = (ids: readonly string[]) => new Set(ids).size;
  const count = (state: ClassRecord['state']) =>
    records.filter((record) => record.state === state).length;
  const shares = records.flatMap(({ mark }) => (mark && mark.of > 0 ? mark.points / mark.of : []));
  const numbers = [
    counted(distinct(records.map(({ student }) => student.id)), 'student'),
    counted(distinct(records.map(({ assignment }) => assignment.id)), 'assignment'),
    `${count('graded')} graded`,
    `${count('not judged')} not judged`,
    `${idle.length} not started`,
    ...(shares.length > 0 ? [`median mark ${Math.round(median(shares) * 100)} %`] : []),
  ];
  return html`<p class="score">${numbers.join(' · ')}</p>
    <p>
      Made ${at}. A point that was not judged is no zero: the machine was at fault, and it has to be
      graded again.
    </p>`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

function renderNotStarted(idle: readonly NotStarted[]): Html {
  return list(
    idle,
    'Everybody has started.',
    ({ record: { student, assignment }, why }) =>
      html`${nameOf(student.name)}: ${text(assignment.title, LONGEST)}, ${text(why, LONGEST)}`,
  );
}

function renderStuck(byTask: ReadonlyMap<string, readonly Stuck[]>): Html {
  const rows = [...byTask.values()].toSorted((a, b) => b.length - a.length);
  return list(rows, 'Nobody has a core task that failed.', (own) => {
    const [first] = own;
    return (
      first &&
      html`<b>${counted(own.length, 'student')}</b> at task ${first.task.task} of
        ${text(first.record.assignment.title, LONGEST)}, ${first.task.title}:
        ${own.map(({ record }) => nameOf(record.student.name)).join(', ')}`
    );
  });
}

function renderLessons(records: readonly ClassRecord[]): Html {
  return list(
    lessonsMet(records),
    'No test taught a lesson.',
    ({ id, title, assignment, points, students }) =>
      html`<b>${counted(students.size, 'student')}</b> met <b>${title}</b> <code>${id}</code> in
        ${text(assignment, LONGEST)}
        <details>
          <summary>Points and students</summary>
          <ul>
            ${[...points].map(([point, sentence]) => html`<li>${point} ${sentence}</li>`)}
          </ul>
          <p>${[...students.values()].map(({ name }) => nameOf(name)).join(', ')}</p>
        </details>`,
  );
}

function renderLate(records: readonly ClassRecord[]): Html {
  const late = records
    .filter(({ submission }) => submission !== undefined && submission.lateSeconds > 0)
    .toSorted((a, b) => (b.submission?.lateSeconds ?? 0) - (a.submission?.lateSeconds ?? 0));
  return list(late, 'Nothing was late.', ({ student, assignment, submission, mark }) => {
    const cost = mark ? `, which cost ${rounded(mark.penalty)} points` : '';
    const by = hours(submission?.lateSeconds ?? 0);
    return html`${nameOf(student.name)}: ${text(assignment.title, LONGEST)}, ${by} late${cost}`;
  });
}

function renderSimilar(records: readonly ClassRecord[], comparisons: readonly Comparison[]): Html {
  const names = new Map(records.map(({ student }) => [student.id, student.name]));
  const rows = comparisons.flatMap(({ assignment, pairs }) =>
    pairs.map((pair) => ({ assignment, pair })),
  );
  const unread = comparisons.flatMap((each) => each.unread);
  return html`<p>
      A pair here is a hint for a person, never a verdict. The code that everybody was given does
      not count. Names, comments and layout do not count either. Look at both works before you ask
      anybody: friends who learn together, and one page that both have read, look like this too.
    </p>
    ${list(rows, 'No two works are alike.', ({ assignment, pair: { left, right, longest } }) => {
      const side = ({ student, share, place }: typeof left) =>
        html`${nameOf(names.get(student) ?? student)} (${Math.round(share * 100)} %,
          <code>${text(place, LONGEST)}</code>)`;
      return html`${text(assignment.title, LONGEST)}: ${side(left)} and ${side(right)}; ${longest}
      tokens in one piece`;
    })}
    ${
      unread.length > 0
        ? html`<p>Could not be compared:</p>
            ${list(
              unread,
              '',
              ({ student, path }) =>
                html`${nameOf(names.get(student) ?? student)}: <code>${text(path, LONGEST)}</code>`,
            )}`
        : ''
    }`;
}

function counted(many: number, of: string): string {
  return `${many} ${of}${many === 1 ? '' : 's'}`;
}

function nameOf(name: string): string {
  return text(name, LONGEST);
}

/** A list that is cut, or a sentence when it is empty. */
function list<Row>(
  rows: readonly Row[],
  none: string,
  render: (row: Row) => Html | undefined,
): Html {
  if (rows.length === 0) return html`<p>${none}</p>`;
  const rest = rows.length - MOST;
  return html`<ul>
      ${rows.slice(0, MOST).map((row) => html`<li>${render(row)}</li>`)}
    </ul>
    ${rest > 0 ? html`<p>${rest} more.</p>` : ''}`;
}

import type { Task } from '@backend-labs/catalog';
import type {
  Failure,
  PointVerdict,
  Status,
  TaskVerdict,
  TestVerdict,
} from '@backend-labs/protocol';
import { columns, paint } from './style.ts';
import { clean } from './untrusted.ts';
import { cut, hanging } from './wrap.ts';

/** How a task or a point looks in lists and reports. */
export const MARKS: Readonly<Record<Status, string>> = {
  passed: '✓',
  failed: '✗',
  error: '!',
  'not run': '○',
  waiting: '–',
};

const COLOURS = {
  passed: 'green',
  failed: 'red',
  error: 'yellow',
  'not run': 'yellow',
  waiting: 'dim',
} as const;

/** Behind a task that is neither green nor red. */
const NOT_JUDGED: Readonly<Partial<Record<Status, string>>> = {
  error: 'could not be judged: the machine, not you',
  'not run': 'NOT RUN',
};

/** Lines of the service's own output that a red task ends with. */
const SERVICE_LINES = 8;

export interface VerdictView {
  /** All that the service wrote, not only its errors. */
  readonly logs?: boolean;
  /** Each failing test in full, not only one. */
  readonly all?: boolean;
}

/** A task's verdict, its points, and what a person needs to go on. */
export function renderVerdict(verdict: TaskVerdict, view: VerdictView = {}): string {
  const { task, title, status, points, trouble } = verdict;
  const head = ` ${markOf(status)} ${task}  ${title}${suffix(verdict)}`;
  if (status === 'passed' || status === 'waiting') return head;
  return [
    head,
    ...(status === 'not run' && verdict.tests.length === 0 ? [] : points.map(renderPoint)),
    ...(status === 'failed' ? [] : trouble ? ['', renderFailure(trouble)] : []),
    ...chosen(verdict, view).flatMap((test, at, tests) =>
      renderTest(test, verdict, view, tests.slice(0, at)),
    ),
  ].join('\n');
}

/** One line: a mark, the number, the ticket's sentence as far as it fits. */
export function renderPoint({ id, text, status }: PointVerdict): string {
  return `     ${markOf(status)} ${cut(`${id}  ${text}`, columns() - 7)}`;
}

function markOf(status: Status): string {
  return paint(COLOURS[status], MARKS[status]);
}

function suffix({ status, waitsFor, points, stretch }: TaskVerdict): string {
  const optional = stretch ? paint('dim', '  stretch') : '';
  if (status === 'waiting') return `${optional}${paint('dim', `  waits for ${waitsFor}`)}`;
  const passed = points.filter((point) => point.status === 'passed').length;
  const isNothingJudged = status === 'not run' && passed === 0;
  const counts =
    points.length > 0 && !isNothingJudged ? `  ${passed} of ${points.length} points` : '';
  const { [status]: why } = NOT_JUDGED;
  return `${paint('dim', counts)}${optional}${why === undefined ? '' : paint('yellow', `  ${why}`)}`;
}

/**
 * Of a red task one failing test: the first that can name its mistake, else the first. One thing at a
 * time, and no lesson gives another away.
 */
function chosen({ tests, status }: TaskVerdict, { all }: VerdictView): TestVerdict[] {
  const bad = tests.filter((test) => test.status === status);
  if (all) return tests.filter((test) => test.status !== 'passed');
  const taught = bad.find(({ failures }) => failures.some(({ lesson }) => lesson));
  return [taught ?? bad[0] ?? []].flat();
}

/** One failing test in full, while others still run. */
export function renderFailing(test: TestVerdict, task: Pick<Task, 'points'>): string {
  return renderTest(test, task, {}, []).join('\n');
}

/** @param above the tests that are shown already. */
function renderTest(
  test: TestVerdict,
  verdict: Pick<Task, 'points'>,
  view: VerdictView,
  above: readonly TestVerdict[],
): string[] {
  const width = columns();
  const twin = twinOf(test, above);
  const sentences = verdict.points
    .filter(({ id }) => test.points.includes(id))
    .map(({ id, text }) => hanging(`   ${paint('bold', id)}  `, text, width, 8));
  return [
    '',
    ...sentences,
    paint('dim', `   test: ${test.title}`),
    ...(twin
      ? [paint('dim', `   the same failure as ${twin.points.join(', ')}`)]
      : [...test.failures.map(renderFailure), ...service(test, view)]),
  ];
}

/** The test above that failed with the same words over several lines: a service that never started. */
function twinOf(test: TestVerdict, above: readonly TestVerdict[]): TestVerdict | undefined {
  const said = ({ failures }: TestVerdict) => failures.map(({ message }) => message).join('\n');
  const words = said(test);
  return words.includes('\n') ? above.find((each) => said(each) === words) : undefined;
}

function renderFailure({ message, lesson, tally, fix }: Failure): string {
  const width = columns();
  const part = (name: string, text: string) =>
    hanging(`   ${paint('bold', name.padEnd(10))}`, clean(text), width, 13);
  const counted = tally ? [hanging('   ', clean(message.split('\n', 1)[0] ?? ''), width)] : [];
  const wrong = (tally?.wrong ?? [])
    // The lesson says this one in full.
    .filter((line) => line !== lesson?.observed)
    .map((line) => `     ${cut(clean(line), width - 5)}`);
  const lines = lesson
    ? [
        ...counted,
        ...wrong,
        paint('dim', `   lesson ${lesson.id}`),
        part('Observed', lesson.observed),
        part('Meaning', lesson.meaning),
        part('Look at', lesson.lookAt),
      ]
    : tally
      ? [...counted, ...wrong]
      : clean(message.trim())
          .split('\n')
          // Quoted output keeps its shape.
          .map((line) => (/^\s/.test(line) ? `   ${line}` : hanging('   ', line, width, 3)));
  return [...lines, ...(fix ? [part('Fix', fix)] : [])].join('\n');
}

function service(
  { service: output, status, failures }: TestVerdict,
  { logs }: VerdictView,
): string[] {
  if (!output || status !== 'failed') return [];
  // A service that never started has said it in the failure already.
  const said = failures.map(({ message }) => message).join('\n');
  const errors = output.errors.filter((line) => !said.includes(line.trim()));
  const lines = logs ? output.tail : errors.slice(-SERVICE_LINES);
  if (lines.length === 0) {
    const silent = output.tail.length > 0 && !logs;
    return silent
      ? [paint('dim', '   the service logged no error; --logs shows what it wrote')]
      : [];
  }
  const head = logs ? 'the service wrote' : "the service's last error lines";
  return [paint('dim', `   ${head}:`), ...lines.map((line) => paint('dim', `     ${clean(line)}`))];
}

/** "5 of 7 tasks passed, 1 failed, 1 NOT RUN; 23 of 31 points." */
export function renderSummary(results: readonly TaskVerdict[]): string {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  const rest = (['failed', 'waiting', 'error', 'not run'] as const)
    .map((status) => ({ status, number: count(status) }))
    .filter(({ number }) => number > 0)
    .map(({ status, number }) => `${number} ${status === 'not run' ? 'NOT RUN' : status}`);
  const noun = results.length === 1 ? 'task' : 'tasks';
  const points = results.flatMap((result) => result.points);
  const passed = points.filter(({ status }) => status === 'passed').length;
  const tasks = [`${count('passed')} of ${results.length} ${noun} passed`, ...rest].join(', ');
  return `${tasks}; ${passed} of ${points.length} points.`;
}

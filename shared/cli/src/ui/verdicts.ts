import type { Failure, Status, TaskResult } from '@backend-labs/runner';
import { columns, paint } from './style.ts';
import { hanging } from './wrap.ts';

/** How a task looks in lists and reports. */
export const MARKS: Readonly<Record<Status, string>> = {
  passed: '✓',
  failed: '✗',
  error: '!',
  'not run': '○',
  waiting: '·',
};

const COLOURS = {
  passed: 'green',
  failed: 'red',
  error: 'yellow',
  'not run': 'yellow',
  waiting: 'dim',
} as const;

/** Lines of the service's own output that a red task ends with. */
const SERVICE_LINES = 8;

export interface VerdictView {
  /** All that the service said, not only its errors. */
  readonly logs?: boolean;
  /** Each failing test in full, not only the first. */
  readonly all?: boolean;
}

/** A task's verdict, with what a person needs to go on. */
export function renderVerdict(result: TaskResult, view: VerdictView = {}): string {
  const mark = paint(COLOURS[result.status], MARKS[result.status]);
  const head = ` ${mark} ${result.task}  ${result.title}${suffix(result)}`;
  if (result.status === 'passed' || result.status === 'waiting') return head;
  return [head, ...failing(result, view), ...service(result, view)].join('\n');
}

/** Of a red task the first failing test in full: one thing at a time, and no lesson gives another away. */
function failing({ failures, status }: TaskResult, view: VerdictView): string[] {
  if (view.all || status !== 'failed') return failures.map(renderFailure);
  const [first, ...others] = failures;
  const width = columns();
  return [
    ...(first ? [renderFailure(first)] : []),
    ...others.map(({ test }) => paint('dim', hanging('   also red: ', test, width))),
  ];
}

function suffix({ status, waitsFor }: TaskResult): string {
  if (status === 'waiting') return paint('dim', `  waits for ${waitsFor}`);
  if (status === 'not run') return paint('yellow', '  NOT RUN');
  if (status === 'error') return paint('yellow', '  could not be judged: the machine, not you');
  return '';
}

function renderFailure({ test, lesson, message, fix }: Failure): string {
  const width = columns();
  const title = lesson ? paint('dim', `   lesson ${lesson}`) : paint('dim', `   ${test}`);
  const lines = message
    .trim()
    .split('\n')
    .map((line) => indented(line, width));
  const cure = fix ? [hanging('   Fix       ', fix, width)] : [];
  return [title, ...lines, ...cure].join('\n');
}

/** Keeps the three headings of a lesson in a column of their own. */
function indented(line: string, width: number): string {
  const heading = /^(Observed|Meaning|Look at)\s+/.exec(line);
  // Quoted output keeps its shape.
  if (/^\s/.test(line)) return `   ${line}`;
  if (!heading) return hanging('   ', line, width, 3);
  const [all, name = ''] = heading;
  return hanging(`   ${paint('bold', name.padEnd(10))}`, line.slice(all.length), width, 13);
}

function service(result: TaskResult, { logs }: VerdictView): string[] {
  const { service: output, status, failures } = result;
  if (!output || status !== 'failed') return [];
  // A service that never started has said it in the failure already.
  const told = failures.map(({ message }) => message).join('\n');
  const errors = output.errors.filter((line) => !told.includes(line.trim()));
  const lines = logs ? output.tail : errors.slice(-SERVICE_LINES);
  if (lines.length === 0) return [];
  const head = logs ? 'the service said' : "the service's last error lines";
  return [paint('dim', `   ${head}:`), ...lines.map((line) => paint('dim', `     ${line}`))];
}

/** "5 of 7 tasks passed, 1 failed, 1 not run". */
export function renderSummary(results: readonly TaskResult[]): string {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  const rest = (['failed', 'waiting', 'error', 'not run'] as const)
    .map((status) => ({ status, number: count(status) }))
    .filter(({ number }) => number > 0)
    .map(({ status, number }) => `${number} ${status === 'not run' ? 'NOT RUN' : status}`);
  const noun = results.length === 1 ? 'task' : 'tasks';
  return [`${count('passed')} of ${results.length} ${noun} passed`, ...rest].join(', ') + '.';
}

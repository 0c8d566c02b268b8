import { stripVTControlCharacters } from 'node:util';
import type { Failure, TaskVerdict, TestVerdict } from '@backend-labs/protocol';
import { expect, test } from 'vitest';
import { renderSummary, renderVerdict } from '../src/ui/verdicts.ts';

const LESSON: Failure = {
  status: 'failed',
  message: 'order-by-only: 853,909 rows were thrown away.',
  lesson: {
    id: 'order-by-only',
    observed: '853,909 rows were thrown away.',
    meaning: 'The index gives the order.',
    lookAt: 'equality.',
  },
};
const PLAIN: Failure = { status: 'failed', message: 'expected 9 to be 8' };

const testOf = (point: string, ...failures: Failure[]): TestVerdict => ({
  title: `it does ${point}`,
  points: [point],
  status: failures[0]?.status ?? 'passed',
  failures,
  duration: 1,
});

const red: TaskVerdict = {
  task: 2,
  slug: 'list',
  title: 'The list',
  stretch: false,
  status: 'failed',
  points: [
    { id: '2.1', text: 'The page is right.', status: 'passed' },
    { id: '2.2', text: 'It has no duplicates.', status: 'failed' },
    { id: '2.3', text: 'It reads at most 300 buffers.', status: 'failed' },
  ],
  tests: [testOf('2.1'), testOf('2.2', PLAIN), testOf('2.3', LESSON)],
  duration: 12,
};

const lines = (verdict: TaskVerdict, view = {}): string[] =>
  stripVTControlCharacters(renderVerdict(verdict, view)).split('\n');

test('a red task lists its points, and shows in full the first that can name its mistake', () => {
  expect(lines(red)).toEqual([
    ' ✗ 2  The list  1 of 3 points',
    '     ✓ 2.1  The page is right.',
    '     ✗ 2.2  It has no duplicates.',
    '     ✗ 2.3  It reads at most 300 buffers.',
    '',
    '   2.3  It reads at most 300 buffers.',
    '   test: it does 2.3',
    '   lesson order-by-only',
    '   Observed  853,909 rows were thrown away.',
    '   Meaning   The index gives the order.',
    '   Look at   equality.',
  ]);
});

test('a task of which this machine could judge a part says so, and why', () => {
  const absent: Failure = {
    status: 'not run',
    message: 'buildah builds images and starts no containers.',
    fix: 'use Docker or Podman for this task',
  };
  const [first, second] = red.points;
  const points = [first, second].flatMap((point) => point ?? []);
  const partly: TaskVerdict = {
    ...red,
    status: 'not run',
    points: points.map((point, at) => ({ ...point, status: at === 0 ? 'passed' : 'not run' })),
    tests: [testOf('2.1'), testOf('2.2', absent)],
  };
  expect(lines(partly)).toEqual([
    ' ○ 2  The list  1 of 2 points  NOT RUN',
    '     ✓ 2.1  The page is right.',
    '     ○ 2.2  It has no duplicates.',
    '',
    '   2.2  It has no duplicates.',
    '   test: it does 2.2',
    '   buildah builds images and starts no containers.',
    '   Fix       use Docker or Podman for this task',
  ]);
});

test('or each failing test', () => {
  expect(lines(red, { all: true }).slice(4, 9)).toEqual([
    '',
    '   2.2  It has no duplicates.',
    '   test: it does 2.2',
    '   expected 9 to be 8',
    '',
  ]);
});

test('a failure that several tests share is shown once', () => {
  const crash: Failure = {
    status: 'failed',
    message: 'The service ended with exit code 1 at its start.\n  Error: no settings',
  };
  const tests = [testOf('2.1', crash), testOf('2.2', crash), testOf('2.3', PLAIN)];
  const shown = lines({ ...red, tests }, { all: true });
  expect(shown.filter((line) => line.includes('no settings'))).toHaveLength(1);
  expect(shown).toContain('   the same failure as 2.1');
  expect(shown.at(-1)).toBe('   expected 9 to be 8');
});

test('a green task is one line with its points', () => {
  const green: TaskVerdict = { ...red, status: 'passed', points: red.points.slice(0, 1) };
  expect(lines(green)).toEqual([' ✓ 2  The list  1 of 1 points']);
});

test('inputs that came out wrong are counted, and the first five shown', () => {
  const tally = { right: 37, of: 52, what: 'requests', wrong: ['GET /a answered 200', 'GET /b'] };
  const failure: Failure = { status: 'failed', message: '37 of 52 requests are right.', tally };
  expect(lines({ ...red, tests: [testOf('2.2', failure)] }).slice(-3)).toEqual([
    '   37 of 52 requests are right.',
    '     GET /a answered 200',
    '     GET /b',
  ]);
});

test('a machine at fault says all that it has to say', () => {
  const trouble: Failure = { status: 'error', message: 'Postgres is gone.', fix: 'Start it.' };
  const shown = lines({ ...red, status: 'error', tests: [], trouble });
  expect(shown[0]).toContain('could not be judged: the machine, not you');
  expect(shown).toContain('   Postgres is gone.');
  expect(shown).toContain('   Fix       Start it.');
});

/** Clears the terminal, sets its title, and ends with the same sequence as one byte. */
const NASTY = 'a\u001b[2J\u001b]0;b\u0007\u009b2J';
const tally = { right: 1, of: 2, what: 'requests', wrong: [NASTY] };
const service = { errors: [NASTY], tail: [NASTY] };
const seen = { id: 'seen', observed: NASTY, meaning: 'it is bad.', lookAt: 'it.' };

test.each<[string, Partial<TestVerdict>, object]>([
  ['a message', { failures: [{ status: 'failed', message: NASTY }] }, {}],
  [
    'a message of several lines',
    { failures: [{ status: 'failed', message: `x\n  ${NASTY}` }] },
    {},
  ],
  ['a wrong input', { failures: [{ status: 'failed', message: NASTY, tally }] }, {}],
  ['a lesson', { failures: [{ ...PLAIN, lesson: seen }] }, {}],
  ['an error line of the service', { failures: [PLAIN], service }, {}],
  ['any line of the service', { failures: [PLAIN], service }, { logs: true }],
])('what a program wrote cannot reach the terminal in %s', (_where, wrote, view) => {
  const shown = renderVerdict({ ...red, tests: [{ ...testOf('2.2', PLAIN), ...wrote }] }, view);
  expect(shown).toContain('a\uFFFD[2J\uFFFD]0;b\uFFFD\uFFFD2J');
  for (const control of ['\u001b[2J', '\u001b]', '\u0007', '\u009b']) {
    expect(shown).not.toContain(control);
  }
});

test('a red task shows the error lines of the service, and `--logs` all that it wrote', () => {
  const noisy = { errors: ['it broke'], tail: ['it listens', 'it broke'] };
  const withService = (found: object) => ({
    ...red,
    tests: [{ ...testOf('2.2', PLAIN), service: { ...noisy, ...found } }],
  });
  expect(lines(withService({})).slice(-2)).toEqual([
    "   the service's last error lines:",
    '     it broke',
  ]);
  expect(lines(withService({}), { logs: true }).slice(-3)).toEqual([
    '   the service wrote:',
    '     it listens',
    '     it broke',
  ]);
  expect(lines(withService({ errors: [] })).at(-1)).toBe(
    '   the service logged no error; --logs shows what it wrote',
  );
});

test('a summary counts tasks and points', () => {
  expect(renderSummary([red])).toBe('0 of 1 task passed, 1 failed; 1 of 3 points.');
});

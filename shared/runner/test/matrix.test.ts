import type { TaskVerdict } from '@backend-labs/protocol';
import { describe, expect, test } from 'vitest';
import { cellOf } from '../src/cell.ts';
import { differing, problemsOf, type Expectation, type MatrixRow } from '../src/matrix.ts';
import { tasksFor } from '../src/plan.ts';
import { pointProblems, proofOf } from '../src/proof/proof.ts';
import { judged, LAB, MISCONCEPTION, unjudged } from './toy.ts';

const misconception: Expectation = { kind: 'misconception', misconception: MISCONCEPTION };

function problems(expectation: Expectation, verdicts: readonly TaskVerdict[]): string[] {
  return problemsOf(LAB, expectation, verdicts.map(cellOf));
}

test('a failed migration is named with the first lines that it wrote', () => {
  const verdict = judged(1, 'failed', 'passed');
  const message = 'npm run migrate ended with exit code 1.\n  error: no table "a"\n    at b.ts:1';
  const tests = verdict.tests.map((each) => ({
    ...each,
    failures: each.failures.map((failure) => ({ ...failure, message })),
  }));
  expect(cellOf({ ...verdict, tests }).message).toBe(
    'npm run migrate ended with exit code 1. error: no table "a" at b.ts:1',
  );
  const diff = {
    ...verdict,
    tests: tests.map((each) => ({
      ...each,
      failures: [{ status: 'failed', message: 'expected 1 to be 2\n  - Expected' } as const],
    })),
  };
  expect(cellOf(diff).message).toBe('expected 1 to be 2');
});

describe('a lab of two parts', () => {
  const lab = {
    ...LAB,
    tasks: LAB.tasks.map((each) => ({ ...each, part: each.number < 3 ? 'A' : 'B' })),
  };
  const numbers = (expectation: Expectation) =>
    tasksFor(lab, expectation).map(({ number }) => number);

  test('judges a misconception by the tasks of the parts whose points it breaks', () => {
    expect(numbers(misconception)).toEqual([1, 2]);
    const both = { ...MISCONCEPTION, breaks: ['1.1', '3.1'] };
    expect(numbers({ kind: 'misconception', misconception: both })).toEqual([1, 2, 3]);
  });

  test('judges starter and solutions by all', () => {
    expect(numbers({ kind: 'starter' })).toEqual([1, 2, 3]);
    expect(numbers({ kind: 'solution' })).toEqual([1, 2, 3]);
  });
});

describe('the starter', () => {
  const starter: Expectation = { kind: 'starter' };

  test('failing the points that the manifest lists is right; waiting counts as failing', () => {
    const verdicts = [
      judged(1, 'failed', 'passed'),
      judged(2, 'passed', 'passed'),
      unjudged(3, 'waiting'),
    ];
    expect(problems(starter, verdicts)).toEqual([]);
  });

  test('passing a listed point is a problem, and failing another', () => {
    expect(problems(starter, [judged(1, 'passed', 'failed')])).toEqual([
      '1.1 passes on the starter; starter.fails lists it',
      '1.2 failed on the starter; starter.fails does not list it',
    ]);
  });

  test('a lesson that the manifest does not list is a false accusation', () => {
    expect(problems(starter, [judged(1, 'failed naive', 'passed')])).toEqual([
      'task 1 accuses falsely: lesson naive fired',
    ]);
  });
});

describe('a solution', () => {
  test('every point must pass', () => {
    expect(problems({ kind: 'solution' }, [judged(1, 'passed', 'passed')])).toEqual([]);
    expect(problems({ kind: 'solution' }, [judged(1, 'failed', 'passed')])).toEqual([
      '1.1 must pass and failed ("it does 1.1"): 1.1 broke',
    ]);
  });

  test('a task that was not run is no problem, and no pass', () => {
    expect(problems({ kind: 'solution' }, [unjudged(1, 'not run')])).toEqual([]);
  });

  test('a point that was not run is no problem, and the others of its task are judged', () => {
    expect(problems({ kind: 'solution' }, [judged(1, 'not run', 'passed')])).toEqual([]);
    expect(problems({ kind: 'solution' }, [judged(1, 'not run', 'failed')])).toEqual([
      '1.2 must pass and failed ("it does 1.2"): 1.2 broke',
    ]);
  });

  test('an error is a problem', () => {
    expect(problems({ kind: 'solution' }, [unjudged(1, 'error')])).toEqual([
      'task 1 ended in an error: error: some words',
    ]);
  });
});

describe('a misconception', () => {
  test('that fails the point it breaks with its lesson, and nothing else, is proven', () => {
    const verdicts = [judged(1, 'passed', 'passed'), judged(2, 'failed naive', 'passed')];
    expect(problems(misconception, [...verdicts, unjudged(3, 'waiting')])).toEqual([]);
  });

  test('is no problem where the point that it breaks was not run', () => {
    expect(problems(misconception, [judged(2, 'not run', 'passed')])).toEqual([]);
  });

  test('that passes the point it breaks is a problem', () => {
    expect(problems(misconception, [judged(2, 'passed', 'passed')])).toEqual([
      '2.1 must fail and passed',
    ]);
  });

  test('that ends in an error does not count', () => {
    expect(problems(misconception, [judged(2, 'error', 'passed')])).toEqual([
      'task 2 ended in an error: 2.1 broke',
    ]);
  });

  test('that fails without its lesson, or with another, is a problem', () => {
    expect(problems(misconception, [judged(2, 'failed', 'passed')])).toEqual([
      '2.1 failed without the lesson naive: 2.1 broke',
    ]);
    expect(problems(misconception, [judged(2, 'failed other', 'passed')])).toEqual([
      '2.1 failed without the lesson naive: 9 of 10.',
      'task 2 accuses falsely: lesson other fired',
    ]);
  });

  test('that fails any other point is a problem', () => {
    expect(problems(misconception, [judged(2, 'failed naive', 'failed')])).toEqual([
      '2.2 must pass and failed ("it does 2.2"): 2.2 broke',
    ]);
  });

  test('that may break a point may fail it or pass it', () => {
    const chance: Expectation = {
      kind: 'misconception',
      misconception: { ...MISCONCEPTION, mayBreak: ['2.2'] },
    };
    expect(problems(chance, [judged(2, 'failed naive', 'failed')])).toEqual([]);
    expect(problems(chance, [judged(2, 'failed naive', 'passed')])).toEqual([]);
    expect(problems(chance, [judged(2, 'failed naive', 'failed other')])).toEqual([
      'task 2 accuses falsely: lesson other fired',
    ]);
  });

  test('over the starter is excused where the starter fails', () => {
    const { over: _over, ...rest } = MISCONCEPTION;
    const expectation: Expectation = {
      kind: 'misconception',
      misconception: { ...rest, over: undefined },
    };
    expect(problems(expectation, [judged(1, 'failed', 'passed')])).toEqual([]);
    expect(problems(expectation, [judged(1, 'passed', 'failed')])).toHaveLength(1);
  });
});

describe('points', () => {
  const row = (name: string, ...verdicts: TaskVerdict[]): MatrixRow => ({
    name,
    kind: 'misconception',
    cells: verdicts.map(cellOf),
    problems: [],
  });

  test('are proven by a sound row that breaks few of them', () => {
    const rows = [
      row(
        'misconceptions/naive',
        judged(1, 'passed', 'passed'),
        judged(2, 'failed naive', 'passed'),
      ),
    ];
    expect(proofOf(LAB, [MISCONCEPTION], rows)).toEqual({
      proven: ['2.1'],
      unproven: ['1.1', '1.2', '2.2'],
    });
  });

  test('are not proven by a row with a problem, nor by one that breaks much', () => {
    const [sound] = [row('misconceptions/naive', judged(2, 'failed naive', 'passed'))];
    const problem = { ...sound, problems: ['task 1 must pass and failed'] };
    expect(proofOf(LAB, [MISCONCEPTION], [problem]).proven).toEqual([]);
    const much = { ...MISCONCEPTION, breaks: ['1.1', '1.2', '2.1', '2.2'] };
    expect(proofOf(LAB, [much], [sound]).proven).toEqual([]);
  });

  test('that no test judges, that the ticket lacks, and tests without a point are named', () => {
    const verdict = judged(1, 'passed', 'passed');
    const [first, second] = verdict.tests;
    if (!first || !second) throw new TypeError('the toy has two tests a task');
    const tests = [
      { ...first, points: ['1.7'] },
      { ...second, points: [] },
    ];
    expect(pointProblems(LAB, [row('starter', { ...verdict, tests })])).toEqual([
      'task 1: the test "it does 1.2" names no point',
      'task 1: a test judges 1.7, which the ticket lacks',
      'task 1: no test judges 1.1',
      'task 1: no test judges 1.2',
    ]);
  });
});

describe('repeats', () => {
  const round = (...verdicts: TaskVerdict[]): MatrixRow[] => [
    { name: 'starter', kind: 'starter', cells: verdicts.map(cellOf), problems: [] },
  ];

  test('with the same verdicts are no flake', () => {
    const same = judged(1, 'passed', 'failed');
    expect(differing([round(same), round(same)])).toEqual([]);
  });

  test('with a test that differs once name it, with counts and the words of a failure', () => {
    const rounds = [
      round(judged(1, 'passed', 'passed')),
      round(judged(1, 'failed naive', 'passed')),
      round(judged(1, 'passed', 'passed')),
    ];
    expect(differing(rounds)).toEqual([
      'starter, task 1, "it does 1.1": passed 2 times, failed naive 1 times (9 of 10.)',
    ]);
  });

  test('with a task that was once not judged name it', () => {
    const rounds = [round(judged(1, 'passed', 'passed')), round(unjudged(1, 'waiting'))];
    expect(differing(rounds)).toEqual(['starter, task 1: judged 1 times, waiting 1 times']);
  });
});

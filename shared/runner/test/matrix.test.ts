import { describe, expect, test } from 'vitest';
import { tasksFor } from '../src/verify.ts';
import { cellOf, differing, problemsOf, type Expectation, type MatrixRow } from '../src/matrix.ts';
import type { TaskResult } from '../src/verdict.ts';
import { LAB, MISCONCEPTION, verdict } from './toy.ts';

const misconception: Expectation = { kind: 'misconception', misconception: MISCONCEPTION };

function problems(expectation: Expectation, results: readonly TaskResult[]): string[] {
  return problemsOf(LAB, expectation, results.map(cellOf));
}

describe('a lab of two parts', () => {
  const [first, second, third] = LAB.tasks.map((each) => ({ ...each, part: 'A' }));
  if (!first || !second || !third) throw new TypeError('the toy has three tasks');
  const lab = { ...LAB, tasks: [first, second, { ...third, part: 'B' }] };
  const numbers = (expectation: Expectation) =>
    tasksFor(lab, expectation).map(({ number }) => number);

  test('judges a misconception by the tasks of the parts that it names', () => {
    expect(numbers(misconception)).toEqual([1, 2]);
    const both: Expectation = {
      kind: 'misconception',
      misconception: { ...MISCONCEPTION, killedBy: [3], stillPasses: [1] },
    };
    expect(numbers(both)).toEqual([1, 2, 3]);
  });

  test('judges starter and solutions by all', () => {
    expect(numbers({ kind: 'starter' })).toEqual([1, 2, 3]);
    expect(numbers({ kind: 'solution' })).toEqual([1, 2, 3]);
  });
});

describe('the starter', () => {
  const starter: Expectation = { kind: 'starter' };

  test('failing what the manifest lists is right; waiting counts as failing', () => {
    const results = [verdict(1, 'failed'), verdict(2, 'passed'), verdict(3, 'waiting')];
    expect(problems(starter, results)).toEqual([]);
  });

  test('passing a listed task is a problem, and failing another', () => {
    expect(problems(starter, [verdict(1, 'passed')])).toEqual([
      'task 1 passes on the starter; starter.fails lists it',
    ]);
    expect(problems(starter, [verdict(2, 'failed')])).toEqual([
      'task 2 failed on the starter; starter.fails does not list it',
    ]);
  });

  test('a lesson that the manifest does not list is a false accusation', () => {
    expect(problems(starter, [verdict(1, 'failed', 'naive')])).toEqual([
      'task 1 accuses falsely: lesson naive fired',
    ]);
  });
});

describe('a solution', () => {
  test('every task must pass', () => {
    expect(problems({ kind: 'solution' }, [verdict(1, 'passed')])).toEqual([]);
    expect(problems({ kind: 'solution' }, [verdict(1, 'failed')])).toEqual([
      'task 1 failed: failed: some words',
    ]);
  });

  test('a task that was not run is no problem, and no pass', () => {
    expect(problems({ kind: 'solution' }, [verdict(1, 'not run')])).toEqual([]);
  });

  test('an error is a problem', () => {
    expect(problems({ kind: 'solution' }, [verdict(1, 'error')])).toEqual([
      'task 1 ended in an error: error: some words',
    ]);
  });
});

describe('a misconception', () => {
  test('killed with its lesson, and passing elsewhere, it is proved', () => {
    const results = [verdict(1, 'passed'), verdict(2, 'failed', 'naive'), verdict(3, 'waiting')];
    expect(problems(misconception, results)).toEqual([]);
  });

  test('surviving is a problem', () => {
    expect(problems(misconception, [verdict(2, 'passed')])).toEqual([
      'task 2 must fail and passed',
    ]);
  });

  test('being killed by an error does not count', () => {
    expect(problems(misconception, [verdict(2, 'error', 'naive')])).toEqual([
      'task 2 ended in an error: error: some words',
    ]);
  });

  test('being killed without the lesson, or with another, is a problem', () => {
    expect(problems(misconception, [verdict(2, 'failed')])).toEqual([
      'task 2 failed without the lesson naive: failed: some words',
    ]);
    expect(problems(misconception, [verdict(2, 'failed', 'other')])).toHaveLength(1);
  });

  test('failing what it must pass is a problem', () => {
    expect(problems(misconception, [verdict(1, 'failed')])).toEqual([
      'task 1 must pass and failed: failed: some words',
    ]);
  });

  test('any other lesson is a false accusation', () => {
    expect(problems(misconception, [verdict(3, 'failed', 'other')])).toEqual([
      'task 3 accuses falsely: lesson other fired',
    ]);
  });
});

describe('repeats', () => {
  const round = (...results: TaskResult[]): MatrixRow[] => [
    { name: 'starter', kind: 'starter', cells: results.map(cellOf), problems: [] },
  ];

  test('the same verdicts are no flake, whatever the words', () => {
    expect(differing([round(verdict(1, 'passed')), round(verdict(1, 'passed'))])).toEqual([]);
  });

  test('a cell that differs once is told with its counts and the first words of a failure', () => {
    const rounds = [
      round(verdict(1, 'passed')),
      round(verdict(1, 'failed', 'naive')),
      round(verdict(1, 'passed')),
    ];
    expect(differing(rounds)).toEqual([
      'starter, task 1: passed 2 times, failed naive 1 times (failed: some words)',
    ]);
  });
});

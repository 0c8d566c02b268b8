import type { Lab, Misconception, Solution, Task } from '@backend-labs/catalog';
import type { Failure, Status, TaskVerdict, TestVerdict } from '@backend-labs/protocol';

export function task(number: number, needs: readonly number[] = []): Task {
  return {
    number,
    slug: `task-${number}`,
    title: `Task ${number}`,
    stretch: false,
    points: [1, 2].map((n) => ({ id: `${number}.${n}`, text: `Sentence ${number}.${n}.` })),
    needs,
    servers: ['postgres'],
    file: `/toy/tests/${number}.test.ts`,
  };
}

export const LAB: Lab = {
  id: '90-toy',
  number: 90,
  slug: 'toy',
  title: 'A toy',
  level: 'mid',
  hours: '1',
  summary: 'One line.',
  servers: ['postgres'],
  try: [],
  dir: '/toy',
  tasks: [task(1), task(2), task(3, [1, 2])],
  starter: { fails: ['1.1', '3.1', '3.2'], lessons: [] },
};

const REFERENCE: Solution = { kind: 'solution', name: 'reference', dir: '/toy', layers: [] };

/** Breaks 2.1. */
export const MISCONCEPTION: Misconception = {
  kind: 'misconception',
  name: 'naive',
  dir: '/toy/misconceptions/naive',
  layers: [],
  over: REFERENCE,
  looksRight: 'It works.',
  breaks: ['2.1'],
  mayBreak: [],
  lesson: 'naive',
};

export const LESSON = { observed: '9 of 10.', meaning: 'The mechanism.', lookAt: 'there.' };

/** How the test of one point came out; `failed naive` with that lesson. */
export type Outcome = 'passed' | 'error' | 'not run' | 'failed' | `failed ${string}`;

function testOf(point: string, outcome: Outcome): TestVerdict {
  const id = /^failed (.+)/u.exec(outcome)?.[1];
  const status =
    outcome === 'passed' || outcome === 'error' || outcome === 'not run' ? outcome : 'failed';
  const failure: Failure = {
    status: status === 'passed' ? 'failed' : status,
    message: `${point} broke`,
    ...(id !== undefined && { lesson: { id, ...LESSON } }),
  };
  return {
    title: `it does ${point}`,
    points: [point],
    status,
    failures: status === 'passed' ? [] : [failure],
    duration: 1,
  };
}

/** A verdict on a task whose points have one test each. */
export function judged(number: number, ...outcomes: [Outcome, Outcome]): TaskVerdict {
  const { slug, title, stretch, points } = task(number);
  const tests = points.map(({ id }, at) => testOf(id, outcomes[at] ?? 'passed'));
  const worst = (['failed', 'error', 'not run', 'passed'] as const).find((status) =>
    tests.some((test) => test.status === status),
  );
  return {
    task: number,
    slug,
    title,
    stretch,
    status: worst ?? 'passed',
    points: points.map((point, at) => ({ ...point, status: tests[at]?.status ?? 'passed' })),
    tests,
    duration: 2,
  };
}

/** A verdict on a task that did not run. */
export function unjudged(number: number, status: Status): TaskVerdict {
  const { slug, title, stretch, points } = task(number);
  return {
    task: number,
    slug,
    title,
    stretch,
    status,
    points: points.map((point) => ({ ...point, status })),
    tests: [],
    trouble: { status: 'error', message: `${status}: some words` },
    duration: 0,
  };
}

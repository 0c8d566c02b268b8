import type { Lab, Misconception, Task } from '@backend-labs/catalog';
import { unrun, type Status, type TaskResult } from '../src/verdict.ts';

export function task(number: number, needs: readonly number[] = []): Task {
  return {
    number,
    slug: `task-${number}`,
    title: `Task ${number}`,
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
  starter: { fails: [1, 3], lessons: [] },
};

export const MISCONCEPTION: Misconception = {
  kind: 'misconception',
  name: 'naive',
  dir: '/toy/misconceptions/naive',
  looksRight: 'It works.',
  killedBy: [2],
  stillPasses: [1],
  lesson: 'naive',
};

export function verdict(number: number, status: Status, lesson?: string): TaskResult {
  const result = unrun(task(number), 'error', { message: `${status}: some words` });
  const failures = result.failures.map((failure) => ({
    ...failure,
    status: status === 'error' ? ('error' as const) : ('failed' as const),
    ...(lesson !== undefined && { lesson }),
  }));
  return { ...result, status, failures: status === 'passed' ? [] : failures };
}

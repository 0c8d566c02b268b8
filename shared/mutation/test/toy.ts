import type { Task } from '@backend-labs/catalog';
import type { TaskVerdict, TestVerdict } from '@backend-labs/protocol';
import type { Cell, OnCellEvent } from '@backend-labs/runner';
import type { Mutant } from '../src/mutant.ts';

export function task(number: number): Task {
  return {
    number,
    slug: `task-${number}`,
    title: `Task ${number}`,
    stretch: false,
    points: [1, 2].map((n) => ({ id: `${number}.${n}`, text: `Sentence ${number}.${n}.` })),
    needs: [],
    servers: ['postgres'],
    file: `/toy/tests/${number}.test.ts`,
  };
}

export function mutant(changes: Partial<Mutant> = {}): Mutant {
  return {
    id: 'abc',
    kind: 'typescript',
    file: 'src/a.ts',
    line: 2,
    operator: 'number+1',
    was: '1',
    now: '2',
    at: 14,
    text: 'const a = 0;\nf(2);\n',
    ...changes,
  };
}

/** How long each test takes, in ms. */
export const DURATION = 1;

/** How the test of each point comes out: two for each task. */
export type Script = Readonly<Record<string, TestVerdict['status'] | 'endless'>>;

/** Answers for vitest: tests in the order of the tasks, until it is cancelled. */
export class ScriptedSession {
  /** The points whose tests began. */
  readonly began: string[] = [];
  readonly #script: Script;
  readonly #cancelled = Promise.withResolvers<undefined>();
  #cancel = false;
  /** Whether even a cancel does not end it. */
  readonly #stuck: boolean;

  constructor(script: Script, { stuck = false } = {}) {
    this.#script = script;
    this.#stuck = stuck;
  }

  async run(cells: readonly Cell[], onEvent: OnCellEvent): Promise<void> {
    for (const { row, task: each } of cells) {
      const tests: TestVerdict[] = [];
      for (const point of each.points) {
        // vitest reports a test after it has ended.
        await Promise.resolve();
        if (this.#cancel) break;
        this.began.push(point.id);
        const status = this.#script[point.id] ?? 'passed';
        if (status === 'endless') {
          await (this.#stuck ? Promise.withResolvers().promise : this.#cancelled.promise);
          break;
        }
        const failures =
          status === 'passed' ? [] : [{ status, message: `${point.id} broke\nhere` }];
        const test = {
          title: `it does ${point.id}`,
          points: [point.id],
          status,
          failures,
          duration: DURATION,
        };
        tests.push(test);
        onEvent({ type: 'test ended', row, task: each, test, began: 0, points: [] });
      }
      onEvent({ type: 'ended', row, task: each, verdict: verdictOn(each, tests) });
    }
  }

  async cancel(): Promise<void> {
    this.#cancel = true;
    this.#cancelled.resolve(undefined);
  }
}

function verdictOn(
  { number, slug, title, stretch, points }: Task,
  tests: TestVerdict[],
): TaskVerdict {
  const worst = (['failed', 'error'] as const).find((status) =>
    tests.some((test) => test.status === status),
  );
  const status = worst ?? (tests.length < points.length ? 'error' : 'passed');
  return { task: number, slug, title, stretch, status, points: [], tests, duration: 1 };
}

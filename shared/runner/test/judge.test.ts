import type { TaskVerdict } from '@backend-labs/protocol';
import { ServerUnavailable, type OpenedStack } from '@backend-labs/stack';
import { describe, expect, test } from 'vitest';
import { judge } from '../src/run.ts';
import type { Cell, OnCellEvent } from '../src/session.ts';
import { judged, LAB, unjudged } from './toy.ts';

/** Answers for vitest, and keeps what it was asked. */
class ScriptedSession {
  readonly asked: number[][] = [];
  readonly #answers: Record<number, 'failed' | 'not run'>;

  constructor(answers: Record<number, 'failed' | 'not run'>) {
    this.#answers = answers;
  }

  async run(cells: readonly Cell[], onEvent: OnCellEvent): Promise<void> {
    this.asked.push(cells.map(({ task }) => task.number));
    for (const { row, task } of cells) {
      const verdict = judged(task.number, this.#answers[task.number] ?? 'passed', 'passed');
      const [first] = verdict.tests;
      onEvent({ type: 'started', row, task });
      if (first) {
        const points = verdict.points.slice(0, 1);
        onEvent({ type: 'test ended', row, task, test: first, began: 0, points });
      }
      onEvent({ type: 'ended', row, task, verdict });
    }
  }
}

const NOTHING_MISSING = { missing: [] };

async function statuses(session: ScriptedSession, stack: Pick<OpenedStack, 'missing'>) {
  const verdicts = await judge(session, stack, LAB, 'work', LAB.tasks);
  return verdicts.map(({ status }) => status);
}

describe('tasks that need others', () => {
  test('run after those they need', async () => {
    const session = new ScriptedSession({});
    expect(await statuses(session, NOTHING_MISSING)).toEqual(['passed', 'passed', 'passed']);
    expect(session.asked).toEqual([[1, 2], [3]]);
  });

  test('wait, unrun, for the first that does not pass, and so do their points', async () => {
    const session = new ScriptedSession({ 2: 'failed' });
    const verdicts = await judge(session, NOTHING_MISSING, LAB, 'work', LAB.tasks);
    expect(verdicts[2]).toMatchObject({
      status: 'waiting',
      waitsFor: 2,
      points: [{ status: 'waiting' }, { status: 'waiting' }],
      tests: [],
    });
    expect(session.asked).toEqual([[1, 2], []]);
  });

  test('are not run where one that they need was not run', async () => {
    const session = new ScriptedSession({ 2: 'not run' });
    expect(await statuses(session, NOTHING_MISSING)).toEqual(['passed', 'not run', 'not run']);
  });

  test('are reported in the order of the tasks, whatever was judged first', async () => {
    const [first, second, third] = LAB.tasks;
    if (!first || !second || !third) throw new TypeError('the toy has three tasks');
    const lab = { ...LAB, tasks: [first, { ...second, needs: [3] }, { ...third, needs: [] }] };
    const session = new ScriptedSession({});
    const ended: TaskVerdict[] = [];
    await judge(session, NOTHING_MISSING, lab, 'work', lab.tasks, (event) => {
      if (event.type === 'task ended') ended.push(event.verdict);
    });
    expect(session.asked).toEqual([[1, 3], [2]]);
    expect(ended.map(({ task }) => task)).toEqual([1, 2, 3]);
  });

  test('bring those they need along when asked for alone', async () => {
    const session = new ScriptedSession({});
    await judge(session, NOTHING_MISSING, LAB, 'work', LAB.tasks.slice(2));
    expect(session.asked).toEqual([[1, 2], [3]]);
  });
});

test('a run reports a task that starts, its tests, and each point as it is decided', async () => {
  const events: string[] = [];
  await judge(
    new ScriptedSession({}),
    NOTHING_MISSING,
    LAB,
    'work',
    LAB.tasks.slice(0, 1),
    (event) => events.push(event.type),
  );
  expect(events).toEqual(['task started', 'test ended', 'point judged', 'task ended']);
});

describe('servers', () => {
  const missing = (code: 'SERVER_ABSENT' | 'SERVER_BROKEN') => ({
    missing: [new ServerUnavailable(code, 'postgres', 'Postgres is not here.', 'Install it.')],
  });

  test('one that cannot be provided is NOT RUN', async () => {
    const found = await statuses(new ScriptedSession({}), missing('SERVER_ABSENT'));
    expect(found).toEqual(['not run', 'not run', 'not run']);
  });

  test('one that is broken is an error with the fix', async () => {
    const session = new ScriptedSession({});
    const [verdict] = await judge(session, missing('SERVER_BROKEN'), LAB, 'work', LAB.tasks);
    expect(verdict).toMatchObject({
      status: 'error',
      trouble: { message: 'Postgres is not here.', fix: 'Install it.' },
      points: unjudged(1, 'error').points,
    });
  });
});

import { ServerUnavailable, type OpenedStack, type ServerAddress } from '@backend-labs/stack';
import { describe, expect, test } from 'vitest';
import { judge } from '../src/run.ts';
import type { Cell, OnCell } from '../src/session.ts';
import type { Status } from '../src/verdict.ts';
import { LAB, verdict } from './toy.ts';

/** Answers for vitest, and keeps what it was asked. */
class ScriptedSession {
  readonly asked: number[][] = [];
  readonly #answers: Record<number, Status>;

  constructor(answers: Record<number, Status>) {
    this.#answers = answers;
  }

  async run(cells: readonly Cell[], onCell: OnCell): Promise<void> {
    this.asked.push(cells.map(({ task }) => task.number));
    for (const { row, task } of cells) {
      onCell({ row, result: verdict(task.number, this.#answers[task.number] ?? 'passed') });
    }
  }
}

const NOBODY: OpenedStack = { servers: {}, missing: [] };

async function statuses(session: ScriptedSession, stack = NOBODY, tasks = LAB.tasks) {
  const verdicts = await judge(session, stack, LAB, 'work', tasks);
  return verdicts.map(({ status }) => status);
}

describe('tasks that need others', () => {
  test('run after those they need', async () => {
    const session = new ScriptedSession({});
    expect(await statuses(session)).toEqual(['passed', 'passed', 'passed']);
    expect(session.asked).toEqual([[1, 2], [3]]);
  });

  test('wait, unrun, for the first that does not pass', async () => {
    const session = new ScriptedSession({ 2: 'failed' });
    const verdicts = await judge(session, NOBODY, LAB, 'work', LAB.tasks);
    expect(verdicts[2]).toMatchObject({
      status: 'waiting',
      waitsFor: 2,
      failures: [],
    });
    expect(session.asked).toEqual([[1, 2], []]);
  });

  test('are told of in the order of the tasks, whatever was judged first', async () => {
    const told: number[] = [];
    const [first, second, third] = LAB.tasks;
    if (!first || !second || !third) throw new TypeError('the toy has three tasks');
    const lab = { ...LAB, tasks: [first, { ...second, needs: [3] }, { ...third, needs: [] }] };
    const session = new ScriptedSession({});
    await judge(session, NOBODY, lab, 'work', lab.tasks, ({ task }) => told.push(task));
    expect(session.asked).toEqual([[1, 3], [2]]);
    expect(told).toEqual([1, 2, 3]);
  });

  test('bring those they need along when asked for alone', async () => {
    const session = new ScriptedSession({});
    await statuses(session, NOBODY, LAB.tasks.slice(2));
    expect(session.asked).toEqual([[1, 2], [3]]);
  });
});

describe('servers', () => {
  const missing = (code: 'SERVER_ABSENT' | 'SERVER_BROKEN'): OpenedStack => ({
    servers: {},
    missing: [new ServerUnavailable(code, 'postgres', 'Postgres is not here.', 'Install it.')],
  });

  test('one that can’t be had is NOT RUN', async () => {
    const session = new ScriptedSession({});
    expect(await statuses(session, missing('SERVER_ABSENT'))).toEqual([
      'not run',
      'not run',
      'not run',
    ]);
  });

  test('one that is broken is an error with the fix', async () => {
    const verdicts = await judge(
      new ScriptedSession({}),
      missing('SERVER_BROKEN'),
      LAB,
      'work',
      LAB.tasks,
    );
    expect(verdicts?.[0]).toMatchObject({
      status: 'error',
      failures: [{ message: 'Postgres is not here.', fix: 'Install it.' }],
    });
  });

  test('one that went down turns a failure into an error', async () => {
    const gone: ServerAddress = {
      name: 'postgres',
      provision: 'url',
      url: 'postgres://nobody:x@127.0.0.1:9/postgres',
      version: '18.4',
    };
    const stack: OpenedStack = { servers: { postgres: gone }, missing: [] };
    expect(await statuses(new ScriptedSession({ 1: 'failed' }), stack)).toEqual([
      'error',
      'passed',
      'waiting',
    ]);
  });
});

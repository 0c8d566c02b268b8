import { describe, expect, test } from 'vitest';
import { judgeAll, judgeMutant, judgeTwiceIfLong, killerFirst } from '../src/judge.ts';
import type { MutantVerdict } from '../src/verdict.ts';
import { DURATION, mutant, type Script, ScriptedSession, task } from './toy.ts';

const TASKS = [task(1), task(2)];
const DEADLINES = { run: 10, test: 5000 };
const never = () => new AbortController().signal;

async function judged(script: Script, { run = 5000, test: each = 5000 } = {}) {
  const session = new ScriptedSession(script);
  const deadlines = { run, test: each };
  const verdict = await judgeMutant(session, 'lane', TASKS, deadlines, never());
  return { verdict, began: session.began };
}

describe('a mutant', () => {
  test('is killed by the first test that fails, and the run ends there', async () => {
    const { verdict, began } = await judged({ '1.2': 'failed', '2.1': 'failed' });
    expect(verdict).toMatchObject({
      status: 'killed',
      points: ['1.2'],
      test: 'it does 1.2',
      message: '1.2 broke',
    });
    expect(began).toEqual(['1.1', '1.2']);
  });

  test('survives when every test passes', async () => {
    const { verdict, began } = await judged({});
    expect(verdict).toMatchObject({ status: 'survived' });
    expect(began).toEqual(['1.1', '1.2', '2.1', '2.2']);
  });

  test('is not killed by an error', async () => {
    const { verdict } = await judged({ '1.1': 'error' });
    expect(verdict).toMatchObject({ status: 'error', message: '1.1 broke' });
  });

  test('is killed by a failure after an error', async () => {
    const { verdict } = await judged({ '1.1': 'error', '2.2': 'failed' });
    expect(verdict).toMatchObject({ status: 'killed', points: ['2.2'] });
  });

  test('that does not end is given up at its deadline', async () => {
    const { verdict } = await judged({ '1.2': 'endless' }, { run: 20 });
    expect(verdict).toMatchObject({ status: 'endless' });
  });

  test('is not killed by a test that ran into its own deadline', async () => {
    const { verdict, began } = await judged({ '1.2': 'failed' }, { test: DURATION });
    expect(verdict).toEqual({ status: 'endless', duration: expect.any(Number) });
    expect(began).toEqual(['1.1']);
  });

  test('that does not even end when it is cancelled is left behind', async () => {
    const session = new ScriptedSession({ '1.1': 'endless' }, { stuck: true });
    const verdict = await judgeMutant(session, 'lane', TASKS, DEADLINES, never(), 10);
    expect(verdict).toMatchObject({ status: 'endless' });
  });
});

describe('a mutant that a long test killed', () => {
  const KILLED = { status: 'killed', waited: 10_003, duration: 12_000 } as const;
  const SURVIVED = { status: 'survived', duration: 9_000 } as const;

  async function judgedAs(...verdicts: readonly [MutantVerdict, ...MutantVerdict[]]) {
    let times = 0;
    const verdict = await judgeTwiceIfLong(async () => verdicts[times++] ?? verdicts[0]);
    return { verdict, times };
  }

  test('is killed if it is killed again', async () => {
    const verdict = { ...KILLED, duration: 24_000 };
    expect(await judgedAs(KILLED, KILLED)).toEqual({ verdict, times: 2 });
  });

  test('has survived if all tests pass then', async () => {
    const verdict = { ...SURVIVED, duration: 21_000 };
    expect(await judgedAs(KILLED, SURVIVED)).toEqual({ verdict, times: 2 });
  });

  test.each<[string, MutantVerdict]>([
    ['a quick kill', { ...KILLED, waited: 200 }],
    ['a survivor', SURVIVED],
  ])('%s is judged once', async (_what, verdict) => {
    expect(await judgedAs(verdict)).toEqual({ verdict, times: 1 });
  });
});

test('the second time, the task that killed a mutant comes first', () => {
  const tasks = [task(1), task(2), task(3)];
  const numbers = (first?: MutantVerdict) => killerFirst(tasks, first).map(({ number }) => number);
  expect(numbers()).toEqual([1, 2, 3]);
  expect(numbers({ status: 'killed', points: ['2.2'], duration: 1 })).toEqual([2, 1, 3]);
});

describe('many mutants', () => {
  const MANY = ['a', 'b', 'c', 'd', 'e'].map((id) => mutant({ id }));
  const SURVIVED = { status: 'survived', duration: 1 } as const;

  test('are each judged once, as many at a time as there are lanes', async () => {
    let [open, most] = [0, 0];
    const done: string[] = [];
    const judgeOne = async () => {
      most = Math.max(most, (open += 1));
      await new Promise(setImmediate);
      open -= 1;
      return SURVIVED;
    };
    await judgeAll(MANY, 2, judgeOne, ({ id }) => done.push(id), never());
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(most).toBe(2);
  });

  test('stop when the run is interrupted, and what was cut short is not told', async () => {
    const stopping = new AbortController();
    const done: string[] = [];
    const judgeOne = async ({ id }: { id: string }) => {
      if (id === 'b') stopping.abort(new Error('Stopped.'));
      return SURVIVED;
    };
    const run = judgeAll(MANY, 1, judgeOne, ({ id }) => done.push(id), stopping.signal);
    await expect(run).rejects.toThrow('Stopped.');
    expect(done).toEqual(['a']);
  });

  test('stop when one cannot be judged', async () => {
    const done: string[] = [];
    const judgeOne = async ({ id }: { id: string }) => {
      if (id === 'b') throw new Error('the disk is full');
      return SURVIVED;
    };
    const run = judgeAll(MANY, 1, judgeOne, ({ id }) => done.push(id), never());
    await expect(run).rejects.toThrow('the disk is full');
    expect(done).toEqual(['a']);
  });
});

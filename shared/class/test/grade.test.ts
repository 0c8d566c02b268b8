import { readFileSync, writeFileSync } from 'node:fs';
import { gradingTrouble } from '@backend-labs/grader';
import { describe, expect, test, vi } from 'vitest';
import { collect } from '../src/collect/collect.ts';
import { overrideMark } from '../src/override-mark.ts';
import { gradeClass } from '../src/queue/grade-class.ts';
import { openQueueRedis, stopQueueRedis } from '../src/queue/redis.ts';
import { startWorker, type WorkerOptions } from '../src/queue/worker.ts';
import { readClass } from '../src/read-class.ts';
import { ROOT } from './support/folder.ts';
import { TOY, ToyClass } from './support/toy.ts';

const trouble = await gradingTrouble();

/** A toy class with a queue, and a worker in this process. */
async function withWorker(
  students: Readonly<Record<string, 0 | 1 | 2>>,
  work: (
    toy: ToyClass,
    grade: (again?: boolean) => Promise<string[]>,
    place: WorkerOptions,
  ) => Promise<void>,
  workers: 'one worker' | 'no worker' = 'one worker',
): Promise<void> {
  vi.stubEnv('LABS_STACK', 'native');
  using toy = ToyClass.of(Object.keys(students));
  for (const [student, points] of Object.entries(students)) toy.handIn(student, points);
  const place = { root: ROOT, stateDir: toy.path('state'), onProgress: () => {} };
  const redis = await openQueueRedis(place);
  try {
    const grade = async (again = false) => {
      const records = await gradeClass({ ...place, dir: toy.course, redis, again });
      return records.map(({ student, state }) => `${student.id} ${state}`);
    };
    await using _worker = workers === 'no worker' ? undefined : startWorker({ ...place, redis });
    await work(toy, grade, { ...place, redis });
  } finally {
    await stopQueueRedis(place);
  }
}

describe.skipIf(trouble)('grading a class', () => {
  test('grades what has no result, and nothing twice', async () => {
    await withWorker({ ada: 2, bob: 1 }, async (toy, grade) => {
      await collect({ dir: toy.course, students: ['ada'] });
      expect(await grade()).toEqual(['ada graded']);
      await collect({ dir: toy.course });
      expect(await grade()).toEqual(['bob graded']);
      expect(await grade()).toEqual([]);
      const marks = (await readClass(toy.course)).map(({ mark }) => mark?.points);
      expect(marks).toEqual([2, 1]);
    });
  });

  test('again keeps a mark that a person has set', async () => {
    await withWorker({ ada: 1 }, async (toy, grade) => {
      await collect({ dir: toy.course });
      await grade();
      const job = toy.path('course/grades', TOY, 'ada/job.json');
      const before = readFileSync(job, 'utf8');
      const set = { points: 1.5, why: 'the README was good', by: 'grace' };
      await overrideMark({ dir: toy.course, assignment: TOY, student: 'ada', set });
      expect(await grade(true)).toEqual(['ada graded']);
      expect(readFileSync(job, 'utf8')).not.toBe(before);
      const [record] = await readClass(toy.course);
      expect(record).toMatchObject({
        result: { score: { points: 1, of: 2 } },
        override: set,
        mark: { points: 1.5, of: 2, overridden: true },
      });
      await overrideMark({ dir: toy.course, assignment: TOY, student: 'ada' });
      expect((await readClass(toy.course))[0]?.mark).toMatchObject({
        points: 1,
        overridden: false,
      });
    });
  });

  test('by a broken machine judges nothing, ends there, and is done by another', async () => {
    await withWorker(
      { ada: 2, bob: 1, cyd: 0 },
      async (toy, grade, place) => {
        await collect({ dir: toy.course });
        {
          await using broken = startWorker({ ...place, root: toy.path('no-checkout') });
          expect(await grade()).toEqual(['ada not judged', 'bob not judged', 'cyd not judged']);
          expect(await broken.broken).toMatch(
            /^The last 3 jobs could not be judged on this machine: /u,
          );
        }
        expect((await readClass(toy.course)).map(({ mark }) => mark)).toEqual(
          Array(3).fill(undefined),
        );
        await using _worker = startWorker(place);
        expect(await grade()).toEqual(['ada graded', 'bob graded', 'cyd graded']);
      },
      'no worker',
    );
  });

  test('again takes a submission that was collected again, and nothing that was changed by hand', async () => {
    await withWorker({ ada: 0 }, async (toy, grade) => {
      await collect({ dir: toy.course });
      const answer = toy.path('course/submissions', TOY, 'ada/files/work', TOY, 'src/answer.ts');
      const handedIn = readFileSync(answer, 'utf8');
      writeFileSync(answer, 'export const answer = () => "hello";');
      expect(await grade()).toEqual(['ada not judged']);
      expect((await readClass(toy.course))[0]?.note).toMatch(/^its files were changed/u);
      writeFileSync(answer, handedIn);
      expect(await grade()).toEqual(['ada graded']);
      toy.handIn('ada', 2);
      await collect({ dir: toy.course });
      const [record] = await readClass(toy.course);
      expect(record).toMatchObject({ state: 'collected' });
      expect(record?.result).toBeUndefined();
      expect(await grade()).toEqual(['ada graded']);
      expect((await readClass(toy.course))[0]?.mark).toMatchObject({ points: 2 });
    });
  });
});

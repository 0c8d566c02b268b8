import { gradingTrouble } from '@backend-labs/grader';
import { describe, expect, onTestFailed, onTestFinished, test, vi } from 'vitest';
import { collect } from '../src/collect/collect.ts';
import { ordeal, type OrdealReport } from './support/ordeal.ts';
import { ANSWERS, type Points, ToyClass } from './support/toy.ts';

const trouble = await gradingTrouble();
const POINTS = Object.keys(ANSWERS).map(Number) as Points[];
const COUNT = 6;
const KILLS = 2;

/** The points of each submission, in the order of the roster. */
function pointsOf({ records }: OrdealReport): (number | undefined)[] {
  return records.map(({ result }) => result?.score?.points);
}

describe.skipIf(trouble)(
  'two workers, of which some are killed, and a Redis that is killed',
  () => {
    test('give every submission one verdict', { timeout: 300_000 }, async () => {
      // A test must not stop the compose stack of somebody else.
      vi.stubEnv('LABS_STACK', 'native');
      const students = Array.from({ length: COUNT }, (_, at) => `s${at}`);
      const toy = ToyClass.of(students);
      onTestFinished(() => toy[Symbol.dispose]());
      const handedIn = students.map((_, at) => POINTS[at % POINTS.length] ?? 0);
      for (const [at, student] of students.entries()) toy.handIn(student, handedIn[at] ?? 0);
      await collect({ dir: toy.course });

      const events: string[] = [];
      let workers: readonly string[] = [];
      onTestFailed(() => console.log([...events, 'The workers:', ...workers].join('\n')));
      const report = await ordeal({
        onLine: (line) => events.push(line),
        onWorkers: (lines) => {
          workers = lines;
        },
        course: toy.course,
        stateDir: toy.path('state'),
        workers: 2,
        killEveryMs: 3000,
        kills: KILLS,
        redisAfter: 2,
      });

      expect(report).toMatchObject({ kills: KILLS, redisKills: 1 });
      expect(report.records.map(({ state }) => state)).toEqual(students.map(() => 'graded'));
      expect(pointsOf(report)).toEqual(handedIn);
      expect(report.written.toSorted()).toEqual(students.map((id) => `01-toy/${id}`));
      // What a worker has ended and Redis has kept is not done again.
      expect([...report.ended.values()]).toEqual(students.map(() => 1));
    });
  },
);

import { expect, test } from 'vitest';
import { closes, lateSeconds, markOf } from '../src/marks.ts';

const DUE = '2026-12-11T18:00:00.000Z';
const of = () => 10;
const score = { points: 8, of: 10 };
const mark = (seconds: number, perDay: number, override?: Parameters<typeof markOf>[2]) =>
  markOf(score, { seconds, policy: { hours: 72, perDay } }, override, of);

test('the window closes the hours of the late policy after the due date', () => {
  expect(closes({ due: DUE, late: { hours: 36, perDay: 0 } })).toBe('2026-12-13T06:00:00.000Z');
});

test.each([
  ['2026-12-11T17:59:59Z', 0],
  ['2026-12-11T18:00:00Z', 0],
  ['2026-12-11T18:00:00.001Z', 1],
  ['2026-12-12T18:00:01Z', 86_401],
  ['2026-12-11T19:00:30+01:00', 30],
])('a commit at %s is %i s late', (at, seconds) => {
  expect(lateSeconds(DUE, at)).toBe(seconds);
});

test.each([
  [0, 8, 0],
  [1, 7.2, 0.8],
  [86_400, 7.2, 0.8],
  [86_401, 6.4, 1.6],
  [86_400 * 20, 0, 8],
])('%i s late leave %f points, at 10 %% for each begun day', (seconds, points, penalty) => {
  expect(mark(seconds, 0.1)).toEqual({ points, of: 10, penalty, overridden: false });
});

test('lateness that costs nothing leaves the score', () => {
  expect(mark(86_400 * 3, 0)).toMatchObject({ points: 8, penalty: 0 });
});

const override = { points: 12, why: 'power cut', by: 'grace', at: DUE };

test('a mark that a person has set is not reduced', () => {
  expect(mark(86_400, 0.1, override)).toEqual({ points: 12, of: 10, penalty: 0, overridden: true });
});

test('without a score there is a mark only if a person has set one', () => {
  const late = { seconds: 0, policy: { hours: 0, perDay: 0 } };
  expect(markOf(undefined, late, undefined, of)).toBeUndefined();
  expect(markOf(undefined, late, override, of)).toMatchObject({ points: 12, of: 10 });
});

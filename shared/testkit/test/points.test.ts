import { describe, expect, test } from 'vitest';
import { Draw } from '../src/draw/draw.ts';
import { FailedAssertion, TestkitError } from '../src/errors.ts';
import { lesson } from '../src/lesson.ts';
import { firstDifference } from '../src/points/difference.ts';
import { each, SomeWrong } from '../src/points/each.ts';
import { judges } from '../src/points/judges.ts';

test('a test names its points where a runner reads them', () => {
  expect(judges('2.1', '2.3')).toEqual({ meta: { points: ['2.1', '2.3'] } });
});

describe('each', () => {
  const odd = (n: number): void => {
    if (n % 2 === 0) throw new FailedAssertion(`${n} is even\nand more`);
  };

  test('is silent when every input is right', async () => {
    await expect(each('numbers', [1, 3], odd)).resolves.toBeUndefined();
  });

  test('tries all inputs, counts, and shows the first five', async () => {
    const error = await each('numbers', [1, 2, 4, 6, 8, 10, 12, 13], odd).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SomeWrong);
    expect(error).toMatchObject({
      name: 'AssertionError',
      tally: {
        right: 2,
        of: 8,
        what: 'numbers',
        wrong: ['2 is even', '4 is even', '6 is even', '8 is even', '10 is even'],
      },
      message:
        '2 of 8 numbers are right.\n  2 is even\n  4 is even\n  6 is even\n  8 is even\n  10 is even\n  and 1 more',
    });
  });

  test('keeps the first lesson, with what it observed', async () => {
    const text = { observed: 'Three rows.', meaning: 'Because.', lookAt: 'there.' };
    const walk = each('rows', [2, 3], (n) => (n === 3 ? lesson('three', text) : odd(n)));
    await expect(walk).rejects.toMatchObject({
      lesson: { id: 'three', ...text },
      tally: { wrong: ['2 is even', 'Three rows.'] },
    });
  });

  test('of a walk inside a walk keeps the lesson, and says what was wrong in it', async () => {
    const text = { observed: 'Three rows.', meaning: 'Because.', lookAt: 'there.' };
    const pages = each('pages', ['one'], () => each('rows', [2], () => lesson('three', text)));
    await expect(pages).rejects.toMatchObject({
      lesson: { id: 'three', ...text },
      tally: { wrong: ['0 of 1 rows are right. Three rows.'] },
    });
  });

  test('of a long value shows where it differs, and never how it compared', async () => {
    const rows = Array.from({ length: 300 }, (_, id) => ({ id, name: `row ${id}` }));
    const wrong = rows.map((row) => ({ ...row, name: row.name.replace('250', 'x') }));
    await expect(each('lists', [1], () => expect(wrong).toEqual(rows))).rejects.toMatchObject({
      tally: {
        wrong: [
          expect.stringMatching(/…\(\d+\).*: \[250\]\.name is "row x", expected "row 250"$/u),
        ],
      },
    });
    await expect(each('numbers', [1], (n) => expect(n).toBe(2))).rejects.toMatchObject({
      tally: { wrong: ['expected 1 to be 2'] },
    });
  });

  test('ends at once when the machine is at fault', async () => {
    const tried: number[] = [];
    const walk = each('numbers', [1, 2, 3], (n) => {
      tried.push(n);
      if (n === 2) throw new TestkitError('COUNT_LOST', 'no count', 'count again');
    });
    await expect(walk).rejects.toMatchObject({ blame: 'machine' });
    expect(tried).toEqual([1, 2]);
  });
});

test('a difference is shown from shortly before it begins', () => {
  expect(firstDifference({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] })).toBe(
    'a[1].b is 2, expected 3',
  );
  expect(firstDifference({ a: 1, b: undefined }, { a: 1 })).toBeUndefined();
  expect(firstDifference({ a: 1 }, { a: expect.any(Number) })).toBeUndefined();
  const long = 'x'.repeat(500);
  expect(firstDifference(`${long}a${long}`, `${long}b${long}`)).toMatch(
    /^it is …x{20}ax+…, expected …x{20}bx+…$/u,
  );
});

describe('a draw', () => {
  const draws = (seed: string, name = 'a test') => {
    const draw = new Draw(seed, name);
    return [draw.int(1, 1_000_000), draw.word(), draw.shuffle([1, 2, 3, 4, 5, 6, 7, 8])];
  };

  test('is the same for the same seed and test, and another for others', () => {
    expect(draws('s')).toEqual(draws('s'));
    expect(draws('s')).not.toEqual(draws('t'));
    expect(draws('s')).not.toEqual(draws('s', 'another test'));
  });

  test('stays within its bounds, and reaches both', () => {
    const draw = new Draw('s', 't');
    const seen = new Set(Array.from({ length: 200 }, () => draw.int(3, 5)));
    expect(seen).toEqual(new Set([3, 4, 5]));
    expect(new Set(draw.shuffle([1, 2, 3]))).toEqual(new Set([1, 2, 3]));
    expect(draw.word(12)).toMatch(/^[a-z][a-z0-9]{11}$/u);
  });
});

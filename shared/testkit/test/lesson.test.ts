import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { explain, lesson, LessonError } from '../src/lesson.ts';

const text = {
  observed: 'GET /v1/orders read 29,296 buffers; the table has 14,286.',
  meaning:
    'The index gives the order, so Postgres walked it past every newer row of every other tenant ' +
    'before it had found the fifty that were asked for.',
  lookAt: 'one index that starts with what you compare by equality.',
};

test('a lesson keeps its parts for a face to render', () => {
  expect(() => lesson('order-by-only', text)).toThrow(LessonError);
  expect(new LessonError('order-by-only', text)).toMatchObject({
    name: 'LessonError',
    message: 'order-by-only: GET /v1/orders read 29,296 buffers; the table has 14,286.',
    lesson: { id: 'order-by-only', ...text },
  });
});

describe('explain', () => {
  const red = (): void => {
    throw new AssertionError({ message: 'expected 29296 to be at most 150' });
  };

  test('a lesson takes the place of the assertion that failed', async () => {
    await expect(explain(red, () => lesson('order-by-only', text))).rejects.toMatchObject({
      lesson: { id: 'order-by-only' },
    });
  });

  test('without a finding the assertion stands', async () => {
    await expect(explain(red, () => {})).rejects.toThrow('expected 29296 to be at most 150');
  });

  test('nothing is diagnosed when the assertion holds', async () => {
    const green = explain(
      () => {},
      () => lesson('order-by-only', text),
    );
    await expect(green).resolves.toBeUndefined();
  });

  test('nothing is diagnosed when something other than an assertion failed', async () => {
    const broken = explain(
      () => {
        throw new TypeError('a bug');
      },
      () => lesson('order-by-only', text),
    );
    await expect(broken).rejects.toThrow(TypeError);
  });
});

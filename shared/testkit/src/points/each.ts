import type { Lesson, Tally } from '@backend-labs/protocol';
import { FailedAssertion } from '../errors.ts';
import { LessonError } from '../lesson.ts';
import { firstDifference } from './difference.ts';

const SHOWN = 5;

/** What `toBe` adds to say how it compared. */
const HOW_COMPARED = / \/\/ Object\.is equality$/u;

/** Stands for the part of a value that was too long to show. */
const CUT = /…/u;

/** Some of a test's inputs came out wrong. A failed assertion that counts. */
export class SomeWrong extends FailedAssertion {
  readonly tally: Tally;
  /** Of the first wrong input that could name its mistake. */
  readonly lesson: Lesson | undefined;

  constructor(tally: Tally, lesson: Lesson | undefined) {
    const { right, of, what, wrong } = tally;
    const more = of - right - wrong.length;
    super(
      [
        `${right} of ${of} ${what} are right.`,
        ...wrong.map((line) => `  ${line}`),
        ...(more > 0 ? [`  and ${more} more`] : []),
      ].join('\n'),
    );
    this.tally = tally;
    this.lesson = lesson;
  }
}

/**
 * Checks every input, one after the other, also after one was wrong, and then fails once:
 * "37 of 52 requests are right", with the first five wrong ones and the first lesson.
 * An error that is not a failed assertion ends the walk at once.
 *
 * ```ts
 * await each('requests', MISTAKES, async (mistake) => expectProblem(await mistake.send(service), mistake));
 * ```
 *
 * @param what what the inputs are, in the plural; completes "37 of 52 …".
 * @throws SomeWrong
 */
export async function each<T>(
  what: string,
  inputs: Iterable<T>,
  check: (input: T) => unknown,
): Promise<void> {
  const wrong: Error[] = [];
  let of = 0;
  for (const input of inputs) {
    of += 1;
    try {
      await check(input);
    } catch (error) {
      if (!isFailure(error)) throw error;
      wrong.push(error);
    }
  }
  if (wrong.length === 0) return;
  const lines = wrong.slice(0, SHOWN).map(firstLine);
  const lesson = wrong.map(lessonOf).find((found) => found !== undefined);
  throw new SomeWrong({ right: of - wrong.length, of, what, wrong: lines }, lesson);
}

/** What the learner's program did wrong, as opposed to what kept the test from looking. */
function isFailure(error: unknown): error is Error {
  return (
    error instanceof Error && ['AssertionError', 'LessonError', 'ServiceError'].includes(error.name)
  );
}

/** Of an input that is itself a walk, the lesson of that walk. */
function lessonOf(error: Error): Lesson | undefined {
  return error instanceof LessonError || error instanceof SomeWrong ? error.lesson : undefined;
}

function firstLine(error: Error): string {
  if (error instanceof LessonError) return error.lesson.observed;
  const line = (error.message.split('\n', 1)[0] ?? '').replace(HOW_COMPARED, '');
  if (error instanceof SomeWrong) return [line, ...error.tally.wrong.slice(0, 1)].join(' ');
  if (!CUT.test(line) || !('actual' in error) || !('expected' in error)) return line;
  const difference = firstDifference(error.actual, error.expected);
  return difference === undefined ? line : `${line}: ${difference}`;
}

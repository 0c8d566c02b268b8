import type { Lesson } from '@backend-labs/protocol';

/** What a test knows of a mistake; see `Lesson` for the voice. */
export type LessonText = Omit<Lesson, 'id'>;

/** A failure that can name its mistake. */
export class LessonError extends Error {
  override readonly name = 'LessonError';
  readonly lesson: Lesson;

  constructor(id: string, text: LessonText) {
    super(`${id}: ${text.observed}`);
    this.lesson = { id, ...text };
  }
}

/** Fails the test with a lesson. Needs positive evidence: without it let the plain assertion stand. */
export function lesson(id: string, text: LessonText): never {
  throw new LessonError(id, text);
}

/**
 * Runs a plain assertion; only when it fails, `diagnose` looks for the reason and may throw a lesson.
 * When `diagnose` finds nothing, the assertion's own failure stands.
 *
 * ```ts
 * await explain(() => expect(use.buffers).toBeLessThanOrEqual(150), async () => {
 *   const [list] = await postgres.plans((traced) => traced.get(path));
 *   if (list && list.rowsRemoved > 1000) lesson('order-by-only', { … });
 * });
 * ```
 */
export async function explain(
  assertion: () => void | Promise<void>,
  diagnose: (failure: Error) => void | Promise<void>,
): Promise<void> {
  try {
    await assertion();
  } catch (failure) {
    if (failure instanceof Error && failure.name === 'AssertionError') await diagnose(failure);
    throw failure;
  }
}

/** What a failing test tells the learner; see `docs` of the fields for the voice. */
export interface LessonText {
  /** Numbers from this very run. One or two sentences. */
  readonly observed: string;
  /** The mechanism behind them, never a plain "wrong". */
  readonly meaning: string;
  /** A direction to look in; never code to paste. */
  readonly lookAt: string;
}

/** A failure that can name its mistake. `message` holds the three lines, wrapped for a terminal. */
export class LessonError extends Error implements LessonText {
  override readonly name = 'LessonError';
  /** The id that misconceptions name in `misconception.yaml`. */
  readonly lesson: string;
  readonly observed: string;
  readonly meaning: string;
  readonly lookAt: string;

  constructor(id: string, text: LessonText) {
    super(renderLesson(id, text));
    this.lesson = id;
    this.observed = text.observed;
    this.meaning = text.meaning;
    this.lookAt = text.lookAt;
  }
}

/** Fails the test with a lesson. Needs positive evidence: without it let the plain assertion stand. */
export function lesson(id: string, text: LessonText): never {
  throw new LessonError(id, text);
}

/** The lesson as a person reads it: four lines, longer texts wrapped under their own start. */
export function renderLesson(id: string, text: LessonText, width = 96): string {
  return [
    `lesson ${id}`,
    ...wrap('Observed', text.observed, width),
    ...wrap('Meaning', text.meaning, width),
    ...wrap('Look at', text.lookAt, width),
  ].join('\n');
}

const INDENT = 10;

function wrap(label: string, text: string, width: number): string[] {
  const lines: string[] = [];
  let line = label.padEnd(INDENT);
  let empty = true;
  for (const word of text.trim().split(/\s+/u)) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(INDENT);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
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

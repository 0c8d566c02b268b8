import { z } from 'zod';

/** What a failing test teaches. It stays in these parts until a face renders it. */
export const lessonSchema = z.object({
  /** Names the mistake, e.g. `order-by-only`; misconceptions name it too. */
  id: z.string(),
  /** Numbers from this very run. One or two sentences. */
  observed: z.string(),
  /** The mechanism behind them, never a plain "wrong". */
  meaning: z.string(),
  /** A direction to look in; never code to paste. */
  lookAt: z.string(),
});

export type Lesson = Readonly<z.infer<typeof lessonSchema>>;

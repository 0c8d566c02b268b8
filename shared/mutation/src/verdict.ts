import { z } from 'zod';

/** How a mutant came out. */
export const mutantVerdictSchema = z.object({
  /**
   * - `killed`: a test of a point failed
   * - `survived`: every task that runs the code passed
   * - `not run`: no task runs the code
   * - `error`: a test could not be judged, and none failed
   * - `endless`: no verdict before the deadline of the run, or of a test
   */
  status: z.enum(['killed', 'survived', 'not run', 'error', 'endless']),
  /** Of a killed one: the points of the test that failed, its title and its first line. */
  points: z.array(z.string()).exactOptional(),
  test: z.string().exactOptional(),
  /** Why it failed, or why it could not be judged. */
  message: z.string().exactOptional(),
  /** Of a killed one: how long the test took that failed, in ms. */
  waited: z.number().exactOptional(),
  /** Milliseconds. */
  duration: z.number(),
});

export type MutantVerdict = z.infer<typeof mutantVerdictSchema>;

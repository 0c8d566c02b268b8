import { z } from 'zod';
import { pointVerdictSchema, taskVerdictSchema, testVerdictSchema } from './verdict.ts';

/** What happens in a run, in the order in which it happens. */
export const runEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    protocol: z.literal(1),
    lab: z.string(),
    row: z.string(),
    tasks: z.array(z.int().positive()).readonly(),
    seed: z.string(),
  }),
  z.object({ type: z.literal('task started'), task: z.int().positive() }),
  z.object({ type: z.literal('test ended'), task: z.int().positive(), test: testVerdictSchema }),
  /** All tests of the point have ended, or one of them has failed. */
  z.object({
    type: z.literal('point judged'),
    task: z.int().positive(),
    point: pointVerdictSchema,
  }),
  /** All tests of the task have ended; what they used is put away. `task ended` follows. */
  z.object({ type: z.literal('task decided'), verdict: taskVerdictSchema }),
  z.object({ type: z.literal('task ended'), verdict: taskVerdictSchema }),
  z.object({ type: z.literal('finished') }),
]);

export type RunEvent = z.infer<typeof runEventSchema>;
export type OnRunEvent = (event: RunEvent) => void;

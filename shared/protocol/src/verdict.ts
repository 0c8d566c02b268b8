import { z } from 'zod';
import { lessonSchema } from './lesson.ts';

/**
 * How a task, a point or a test came out.
 *
 * - `failed`: the program under test does not do what the ticket asks
 * - `error`: a server, the machine or our own code is at fault, and there is evidence of that
 * - `not run`: a server could not be provided, or the one that is there cannot do what a test needs
 * - `waiting`: it cannot be judged before another task passes
 */
export const statusSchema = z.enum(['passed', 'failed', 'error', 'not run', 'waiting']);

/** How many of a test's inputs came out right. */
export const tallySchema = z.object({
  right: z.int().nonnegative(),
  of: z.int().positive(),
  /** What is counted, in the plural: `requests`. */
  what: z.string(),
  /** A line for each wrong one, the first five. */
  wrong: z.array(z.string()).readonly(),
});

/** Why a test did not pass. */
export const failureSchema = z.object({
  status: z.enum(['failed', 'error', 'not run']),
  /** What a person reads; may have several lines. Never a stack trace. */
  message: z.string(),
  lesson: lessonSchema.exactOptional(),
  tally: tallySchema.exactOptional(),
  /** For an error, and for what was not run: what fixes it. */
  fix: z.string().exactOptional(),
});

/** What the services under test wrote before a test failed. */
export const serviceEvidenceSchema = z.object({
  /** Lines of error level and what came on stderr, the newest last. */
  errors: z.array(z.string()).readonly(),
  /** The last lines of stdout, and then those of stderr. */
  tail: z.array(z.string()).readonly(),
});

export const testVerdictSchema = z.object({
  /** With the titles of its groups. */
  title: z.string(),
  /** The points it judges, e.g. `2.3`. */
  points: z.array(z.string()).readonly(),
  status: z.enum(['passed', 'failed', 'error', 'not run']),
  failures: z.array(failureSchema).readonly(),
  service: serviceEvidenceSchema.exactOptional(),
  /** Milliseconds. */
  duration: z.number(),
});

export const pointVerdictSchema = z.object({
  /** `2.3`. */
  id: z.string(),
  /** The sentence of the ticket. */
  text: z.string(),
  status: statusSchema,
});

export const taskVerdictSchema = z.object({
  task: z.int().positive(),
  slug: z.string(),
  title: z.string(),
  stretch: z.boolean(),
  status: statusSchema,
  /** For `waiting`: the task to pass first. */
  waitsFor: z.int().positive().exactOptional(),
  points: z.array(pointVerdictSchema).readonly(),
  /** Every test that ran, passed ones too. */
  tests: z.array(testVerdictSchema).readonly(),
  /** Why nothing or not all of it could be judged: a server that is missing, a test file that broke. */
  trouble: failureSchema.exactOptional(),
  /** Milliseconds. */
  duration: z.number(),
});

export type Status = z.infer<typeof statusSchema>;
export type Tally = Readonly<z.infer<typeof tallySchema>>;
export type Failure = Readonly<z.infer<typeof failureSchema>>;
export type ServiceEvidence = Readonly<z.infer<typeof serviceEvidenceSchema>>;
export type TestVerdict = Readonly<z.infer<typeof testVerdictSchema>>;
export type PointVerdict = Readonly<z.infer<typeof pointVerdictSchema>>;
export type TaskVerdict = Readonly<z.infer<typeof taskVerdictSchema>>;

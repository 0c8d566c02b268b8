import { z } from 'zod';
import { aiPolicySchema } from './pack.ts';

/**
 * How a point, a task or a submission was graded. `not judged`: a server, the machine or our own code
 * was at fault, which is never a score.
 */
export const gradeSchema = z.enum(['passed', 'failed', 'not judged']);

export const gradedPointSchema = z.object({
  id: z.string(),
  text: z.string(),
  grade: gradeSchema,
  weight: z.number().positive(),
  /** Ids of the lessons that its tests taught, sorted. */
  lessons: z.array(z.string()).readonly(),
});

export const scoreSchema = z.object({
  points: z.number().nonnegative(),
  of: z.number().positive(),
});

export const gradedTaskSchema = z.object({
  task: z.int().positive(),
  slug: z.string(),
  title: z.string(),
  stretch: z.boolean(),
  grade: gradeSchema,
  /** Left out when a point was not judged. */
  score: scoreSchema.exactOptional(),
  points: z.array(gradedPointSchema).readonly(),
});

/** A file of a submission that was not taken, and why. */
export const leftOutSchema = z.object({
  path: z.string(),
  why: z.enum(['changed', 'added', 'missing', 'not a file', 'too large', 'too many']),
});

/**
 * `result.json`. The same submission, pack and seed give the same bytes but for `times`: numbers of a
 * run, such as milliseconds, are in the report only.
 */
export const gradeResultSchema = z.object({
  result: z.literal(1),
  lab: z.string(),
  pack: z.object({
    digest: z.string(),
    minutes: z.int().positive().exactOptional(),
    ai: aiPolicySchema,
    newPackages: z.literal('allowed').exactOptional(),
  }),
  submission: z.object({
    /** SHA-256 over the files that were taken, hexadecimal. */
    digest: z.string(),
    /** Of a git repository. */
    commit: z.string().exactOptional(),
  }),
  /** Drew the data that the tests used. */
  seed: z.string(),
  /** Passed when every core point is. */
  grade: gradeSchema,
  /** Left out when a point was not judged. */
  score: scoreSchema.exactOptional(),
  tasks: z.array(gradedTaskSchema).readonly(),
  /** Changes outside the files that a candidate may edit; none of them counts. */
  leftOut: z.array(leftOutSchema).readonly(),
  /**
   * Packages that the candidate's package.json names and the pack does not. They were installed if the
   * pack allows it.
   */
  newDependencies: z.array(z.string()).readonly(),
  times: z.object({
    /** ISO 8601, UTC. */
    graded: z.iso.datetime(),
  }),
});

export type Grade = z.infer<typeof gradeSchema>;
export type Score = Readonly<z.infer<typeof scoreSchema>>;
export type GradedPoint = Readonly<z.infer<typeof gradedPointSchema>>;
export type GradedTask = Readonly<z.infer<typeof gradedTaskSchema>>;
export type LeftOut = Readonly<z.infer<typeof leftOutSchema>>;
export type GradeResult = Readonly<z.infer<typeof gradeResultSchema>>;

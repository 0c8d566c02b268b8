import { z } from 'zod';

/**
 * - `allowed`: a candidate may use any AI tool
 * - `declared`: any, if the candidate says where
 * - `forbidden`: none
 */
export const aiPolicySchema = z.enum(['allowed', 'declared', 'forbidden']);

/** `pack.json` at the top of a candidate's repository: what the assignment asks for. */
export const packSchema = z.object({
  pack: z.literal(1),
  /** Lab id. */
  lab: z.string(),
  title: z.string(),
  /** The tasks that count, by their numbers in the lab. */
  tasks: z.array(z.int().positive()).readonly(),
  /** The time box in minutes; left out: none. */
  minutes: z.int().positive().exactOptional(),
  ai: aiPolicySchema,
  /** How much a point counts, by its id. A point that is not here counts 1. Left out: each counts 1. */
  weights: z.record(z.string(), z.int().positive()).exactOptional(),
  /** A candidate may add packages of the npm registry. Left out: new packages are not installed. */
  newPackages: z.literal('allowed').exactOptional(),
  /** Points that the starter passes: they say nothing about a candidate. Left out: not known. */
  passedByStarter: z.array(z.string()).readonly().exactOptional(),
  /** SHA-256 over every other file of the repository as it was made, hexadecimal. */
  digest: z.string(),
});

export type AiPolicy = z.infer<typeof aiPolicySchema>;
export type Pack = Readonly<z.infer<typeof packSchema>>;

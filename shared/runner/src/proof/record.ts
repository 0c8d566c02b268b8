import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { z } from 'zod';

/** The file in a lab's folder that says what was proven, and for which content. */
export const PROOF = 'proof.json';

const countSchema = z.object({ sound: z.int(), of: z.int() });

const proofSchema = z.object({
  proof: z.literal(1),
  /** Of everything that the verdicts depend on; see `digestOf`. */
  digest: z.string(),
  points: z.object({
    proven: z.array(z.string()).readonly(),
    unproven: z.array(z.string()).readonly(),
  }),
  misconceptions: countSchema,
  solutions: countSchema,
  designs: countSchema,
  /** Times that each test ran. */
  runs: z.int(),
});

/** What `labs verify --write` keeps of a matrix that was all as it must be. */
export type ProofRecord = z.infer<typeof proofSchema>;

/** The last proof of a lab; undefined when there is none that can be read. */
export function readProof(lab: Pick<Lab, 'dir'>): ProofRecord | undefined {
  let text: string;
  try {
    text = readFileSync(join(lab.dir, PROOF), 'utf8');
  } catch {
    return undefined;
  }
  return proofSchema.safeParse(fromJson(text)).data;
}

export function writeProof(lab: Pick<Lab, 'dir'>, record: ProofRecord): void {
  writeFileSync(join(lab.dir, PROOF), `${JSON.stringify(record, undefined, 2)}\n`);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

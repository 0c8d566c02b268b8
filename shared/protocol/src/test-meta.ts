import { z } from 'zod';
import { failureSchema, serviceEvidenceSchema, tallySchema } from './verdict.ts';

/** What a test reports about itself, beside what it throws. */
export const testMetaSchema = z.object({
  /** The points that it judges. */
  points: z.array(z.string()).readonly().exactOptional(),
  /** Of a failed test: what its services wrote. */
  service: serviceEvidenceSchema.exactOptional(),
  /** Of a failed test: the last answer that the service gave, on one line. */
  lastAnswer: z.string().exactOptional(),
  /** Evidence, found when the test failed, that a server or the machine is at fault. */
  fault: failureSchema.pick({ message: true, fix: true }).exactOptional(),
  tally: tallySchema.exactOptional(),
});

export type TestMeta = z.infer<typeof testMetaSchema>;

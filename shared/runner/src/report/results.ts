import type { Lab } from '@backend-labs/catalog';
import type { TaskResult } from '../verdict.ts';

/** One lab judged once: what the report writers and `--json` take. */
export interface LabResults {
  readonly lab: Pick<Lab, 'id' | 'title'>;
  readonly results: readonly TaskResult[];
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
}

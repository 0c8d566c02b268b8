import type { Lab } from '@backend-labs/catalog';
import type { TaskVerdict } from '@backend-labs/protocol';

/** One lab judged once: what the report writers and `--json` take. */
export interface LabResults {
  readonly lab: Pick<Lab, 'id' | 'title'>;
  readonly results: readonly TaskVerdict[];
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
}

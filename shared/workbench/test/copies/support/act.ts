import { createCopy, resetCopy, restoreAttempt } from '../../../src/copies/index.ts';
import { applyMerge, planMerge } from '../../../src/copies/index.ts';
import type { LabFolder, WorkPlace } from '../../../src/copies/index.ts';

/** What a child process is asked to do, as JSON in its first argument. */
export interface Act {
  readonly do: 'create' | 'merge' | 'reset' | 'restore';
  readonly lab: LabFolder;
  readonly place: WorkPlace;
  /** Of `restore`. */
  readonly attempt?: string;
}

const { do: what, lab, place, attempt = '' }: Act = JSON.parse(process.argv[2] ?? '');
switch (what) {
  case 'create':
    await createCopy(lab, place);
    break;
  case 'merge':
    await applyMerge(lab, place, await planMerge(lab, place), { conflicts: 'write' });
    break;
  case 'reset':
    await resetCopy(lab, place);
    break;
  case 'restore':
    await restoreAttempt(lab, place, attempt);
    break;
}

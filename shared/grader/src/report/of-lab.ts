import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CatalogError, loadLab, type Task } from '@backend-labs/catalog';

/** What a report takes from the catalogue: a candidate gets none of it. */
export interface OfLab {
  /** `interview.md`; empty when the lab has none. */
  readonly interview: string;
  /** All tasks of the lab; empty when the catalogue does not have it. */
  readonly tasks: readonly Pick<Task, 'number' | 'title'>[];
}

/** @param root this repository. @param lab its id. */
export function readOfLab(root: string, lab: string): OfLab {
  const dir = join(root, 'labs', lab);
  const page = join(dir, 'interview.md');
  return {
    interview: existsSync(page) ? readFileSync(page, 'utf8') : '',
    tasks: tasksOf(dir, root),
  };
}

/** A lab that somebody is at work on must not keep a submission from its report. */
function tasksOf(dir: string, root: string): OfLab['tasks'] {
  if (!existsSync(dir)) return [];
  try {
    return loadLab(dir, root).tasks;
  } catch (error) {
    if (error instanceof CatalogError) return [];
    throw error;
  }
}

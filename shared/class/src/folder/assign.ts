import { randomBytes } from 'node:crypto';
import type { Lab } from '@backend-labs/catalog';
import { type PackRules, writePack } from '@backend-labs/grader';
import { ClassError } from '../errors.ts';
import type { LatePolicy } from '../records.ts';
import { addAssignment, type FiledAssignment, newAssignment, readClassFile } from './class-file.ts';
import { Layout } from './layout.ts';

export interface AssignOptions {
  readonly dir: string;
  /** This repository. */
  readonly root: string;
  readonly lab: Lab;
  readonly rules: PackRules;
  /** ISO 8601 with a zone. */
  readonly due: string;
  readonly late: LatePolicy;
  /** Left out: the lab's. */
  readonly id?: string;
  readonly title?: string;
}

/**
 * Adds an assignment: its pack in `packs/<id>`, then its entry in `class.yaml`.
 *
 * @throws ClassError `NO_CLASS`, `CLASS_INVALID`, `CLASS_EXISTS`, `BAD_VALUE`; GraderError `NOT_EMPTY`.
 */
export async function assign(options: AssignOptions): Promise<FiledAssignment> {
  const { dir, root, lab, rules, due, late } = options;
  const layout = new Layout(dir);
  const { assignments } = readClassFile(layout);
  const added = newAssignment({
    id: options.id ?? lab.id,
    title: options.title ?? lab.title,
    lab: lab.id,
    due,
    late,
    seed: randomBytes(8).toString('hex'),
  });
  const name = added.id.toLowerCase();
  if (assignments.some(({ id }) => id.toLowerCase() === name)) {
    const message = `The class has an assignment ${added.id} already. Give this one another --id.`;
    throw new ClassError('CLASS_EXISTS', message);
  }
  await writePack({ root, lab, to: layout.pack(added.id), ...rules });
  addAssignment(layout, added);
  return added;
}

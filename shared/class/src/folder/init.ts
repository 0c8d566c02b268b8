import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { ClassError } from '../errors.ts';
import type { Student } from '../records.ts';
import { Layout } from './layout.ts';
import { newClassFile } from './class-file.ts';
import { readRoster } from './roster.ts';
import { writeWhole } from './write.ts';

export interface InitOptions {
  readonly dir: string;
  /** A CSV file; it is copied. */
  readonly roster: string;
  readonly title: string;
  /** A URL or path with `{student}`, and `{assignment}` if you like. */
  readonly repositories?: string;
}

const IGNORED = '/.clones/\n/.progress.json*\n';

/**
 * Makes the folder of a class, and nothing when something is wrong.
 *
 * @throws ClassError `CLASS_EXISTS`, `CLASS_INVALID`, `BAD_VALUE`.
 */
export function initClass({ dir, roster, title, repositories }: InitOptions): readonly Student[] {
  const layout = new Layout(dir);
  if (existsSync(layout.file)) {
    const message = `${dir} is a class already. Edit its class.yaml, or name another folder.`;
    throw new ClassError('CLASS_EXISTS', message);
  }
  const students = readRoster(roster);
  const file = newClassFile({ title, ...(repositories !== undefined && { repositories }) });
  mkdirSync(dir, { recursive: true });
  if (roster !== layout.roster) copyFileSync(roster, layout.roster);
  writeWhole(`${dir}/.gitignore`, IGNORED);
  writeWhole(layout.file, file);
  return students;
}

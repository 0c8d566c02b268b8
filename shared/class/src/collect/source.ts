import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ClassFile } from '../folder/class-file.ts';
import type { Assignment, Student } from '../records.ts';

/** Where a student's work on an assignment is. */
export interface Source {
  /** A URL or an absolute path. */
  readonly at: string;
  readonly isGit: boolean;
}

const URL_LIKE = /^(?:[a-z][a-z0-9+.-]*:\/\/|[^/\s]+@[^/\s]+:)/iu;

/**
 * From the roster, otherwise from the pattern in `class.yaml`.
 *
 * @param dir the class; paths start there.
 * @returns undefined when neither says where.
 */
export function sourceOf(
  dir: string,
  { repositories }: Pick<ClassFile, 'repositories'>,
  student: Student,
  assignment: Assignment,
): Source | undefined {
  const pattern = student.repository ?? repositories;
  if (pattern === undefined) return undefined;
  const text = pattern
    .replaceAll('{student}', student.id)
    .replaceAll('{assignment}', assignment.id);
  if (URL_LIKE.test(text)) return { at: text, isGit: true };
  const at = resolve(dir, text);
  const isBare = existsSync(join(at, 'HEAD')) && existsSync(join(at, 'objects'));
  return { at, isGit: isBare || existsSync(join(at, '.git')) };
}

/** Without a password, for a terminal and for files. */
export function shown({ at }: Source): string {
  return at.replace(/^(?<scheme>[a-z+]+:\/\/)[^/@\s]*@/iu, '$<scheme>');
}

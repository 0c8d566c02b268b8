import { resolve } from 'node:path';
import type { Only } from '@backend-labs/class';
import type { Arguments } from '../command.ts';
import type { Context } from '../context.ts';

/** The class that the person means: the first argument, or the current folder. */
export function classDir(args: Arguments, { cwd }: Pick<Context, 'cwd'>): string {
  return resolve(cwd, args.positionals[0] ?? '.');
}

/** `--assignment` and `--student`. */
export function only(args: Arguments): Only {
  return { assignments: args.texts('assignment'), students: args.texts('student') };
}

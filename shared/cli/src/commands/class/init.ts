import { resolve } from 'node:path';
import { initClass } from '@backend-labs/class';
import { classDir } from '../../class/arguments.ts';
import type { Run } from '../../command.ts';
import { shownPath } from '../../context.ts';
import { EXIT, UsageError } from '../../errors.ts';

export const run: Run = async (args, context) => {
  const dir = classDir(args, context);
  const roster = args.text('roster');
  if (!roster) throw new UsageError('Name the students: --roster FILE, a CSV with id and name.');
  const title = args.text('title');
  if (!title) throw new UsageError('Name the class: --title TITLE.');
  const repositories = args.text('repositories');
  const students = initClass({
    dir,
    roster: resolve(context.cwd, roster),
    title,
    ...(repositories !== undefined && { repositories }),
  });
  const path = shownPath(dir, context);
  console.log(`${path}: ${students.length} students. Next, give them a lab:`);
  console.log(`labs class assign ${path} 7 --due 2026-12-11T18:00Z`);
  return EXIT.green;
};

import { findLab, readCatalog } from '@backend-labs/catalog';
import { assign } from '@backend-labs/class';
import { classDir } from '../../class/arguments.ts';
import type { Arguments, Run } from '../../command.ts';
import { shownPath } from '../../context.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { rulesOf } from '../pack.ts';

export const run: Run = async (args, context) => {
  const dir = classDir(args, context);
  const lab = findLab(readCatalog(context.root), args.positionals[1] ?? '');
  const due = args.text('due');
  if (!due) throw new UsageError('Name the time when it is due: --due 2026-12-11T18:00Z.');
  const [id, title] = [args.text('id'), args.text('title')];
  const added = await assign({
    dir,
    root: context.root,
    lab,
    rules: rulesOf(args, lab),
    due,
    late: { hours: number(args, 'late-hours'), perDay: number(args, 'late-per-day') / 100 },
    ...(id !== undefined && { id }),
    ...(title !== undefined && { title }),
  });
  const path = shownPath(dir, context);
  console.log(
    `${added.id}: due ${added.due}. Give each student a copy of ${path}/packs/${added.id}.`,
  );
  console.log(`After that: labs class collect ${path}`);
  return EXIT.green;
};

function number(args: Arguments, flag: string): number {
  const text = (args.text(flag) ?? '0').replace(/\s*%$/u, '');
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`--${flag} takes a number from 0, not "${args.text(flag)}".`);
}

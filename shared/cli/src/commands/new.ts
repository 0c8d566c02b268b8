import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../command.ts';
import { shownPath } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { makeLab } from '../skeleton.ts';

export const run: Run = async (args, context) => {
  const id = args.positionals[0] ?? '';
  if (!/^\d{2}-[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) {
    throw new UsageError(
      `"${id}" is not the id of a lab. Use two digits and a slug, such as 40-rate-limits.`,
    );
  }
  const labs = join(context.root, 'labs');
  const taken = readdirSync(labs).find((name) => name.slice(0, 2) === id.slice(0, 2));
  if (taken) throw new UsageError(`Number ${id.slice(0, 2)} is taken by ${taken}.`);

  const dir = join(labs, id);
  makeLab(id, dir);
  const shown = shownPath(dir, context);
  console.log(`${shown} holds a small service, two tasks, two solutions, one misconception.`);
  // The bootstrap runs before every command and knows the path of pnpm.
  console.log(`Next: npm run labs -- verify ${id}`);
  console.log('The first time, it stops and prints the pnpm install to run. See CONTRIBUTING.md.');
  return EXIT.green;
};

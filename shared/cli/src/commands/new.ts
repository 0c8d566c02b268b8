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
      `"${id}" is no id of a lab: two digits and a slug, such as 33-rate-limits.`,
    );
  }
  const home = join(context.root, 'labs');
  const taken = readdirSync(home).find((name) => name.slice(0, 2) === id.slice(0, 2));
  if (taken) throw new UsageError(`Number ${id.slice(0, 2)} is taken by ${taken}.`);

  const dir = join(home, id);
  makeLab(id, dir);
  const shown = shownPath(dir, context);
  console.log(`${shown} holds a small service, two tasks, two solutions, one misconception.`);
  // The bootstrap comes before every command and knows which pnpm there is.
  console.log(`Next: npm run labs -- verify ${id}`);
  console.log(
    'It stops the first time and names the pnpm install to run. CONTRIBUTING.md tells more.',
  );
  return EXIT.green;
};

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findLab, readCatalog } from '@backend-labs/catalog';
import { draw, homeName, labIn, readSpec } from '@backend-labs/variants';
import type { Run } from '../command.ts';
import { shownPath } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { editOption } from '../variants/edit.ts';
import { makeVariant } from '../variants/make.ts';

export const run: Run = async (args, context) => {
  const lab = findLab(readCatalog(context.root), args.positionals[0] ?? '');
  const spec = readSpec(lab);
  const edited = args.text('edit');
  if (edited !== undefined) return editOption(lab, spec, edited, args.on('save'), context);
  const seed = args.text('seed');
  if (!seed) throw new UsageError(`Name the seed: labs vary ${lab.number} --seed S.`);
  const folder = args.text('to');
  const home = folder
    ? resolve(context.cwd, folder)
    : join(context.root, 'variants', homeName(lab, seed));
  const isForeign = existsSync(home) && !existsSync(labIn(home, lab));
  if (isForeign && readdirSync(home).length > 0) {
    throw new UsageError(
      `${shownPath(home, context)} has other files. Name a new folder: --to DIR.`,
    );
  }
  const drawn = draw(lab.id, spec, seed);
  const { dir, id, number } = await makeVariant(context, lab, drawn, home);
  if (args.on('json')) {
    console.log(JSON.stringify({ lab: id, catalog: home, dir, ...drawn }, undefined, 2));
    return EXIT.green;
  }
  const shown = shownPath(home, context);
  const options = Object.entries(drawn.options).map(([axis, option]) => `${axis} ${option}`);
  console.log(`${shownPath(dir, context)}: ${[`words ${drawn.skin}`, ...options].join(', ')}.`);
  console.log(`Every command works on it: LABS_CATALOG=${shown} npm run labs -- start ${number}`);
  return EXIT.green;
};

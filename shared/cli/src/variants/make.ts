import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLab, type Lab, readCatalog } from '@backend-labs/catalog';
import { type Drawn, labIn, linkPackages, writeVariant } from '@backend-labs/variants';
import type { Context } from '../context.ts';
import { MachineError } from '../errors.ts';
import { runTool } from '../tools.ts';

/**
 * Writes a variant into a catalogue of its own.
 *
 * @param home the catalogue: the lab is in its `labs/`.
 * @returns the variant, which is a lab.
 */
export async function makeVariant(
  { root }: Pick<Context, 'root'>,
  lab: Lab,
  drawn: Drawn,
  home: string,
): Promise<Lab> {
  await writeVariant({ lab, drawn, to: labIn(home, lab), format: (dir) => format(root, dir) });
  linkPackages(root, lab, home);
  return findLab(readCatalog(home), lab.id);
}

interface Rules {
  readonly ignorePatterns: readonly string[];
}

/** Formats a folder as this repository is formatted, wherever the folder is. */
async function format(root: string, dir: string): Promise<void> {
  // Its patterns are about the folder that it is in.
  const config = join(dir, '.oxfmtrc.json');
  const rules = JSON.parse(readFileSync(join(root, '.oxfmtrc.json'), 'utf8')) as Rules;
  // Those without a star are folders of this repository.
  const ignorePatterns = rules.ignorePatterns.filter((pattern) => pattern.startsWith('*'));
  writeFileSync(config, JSON.stringify({ ...rules, ignorePatterns }));
  const { failed } = await runTool(root, 'oxfmt', ['-c', config, dir]);
  rmSync(config);
  if (failed > 0) throw new MachineError('The variant cannot be formatted. oxfmt printed why.');
}

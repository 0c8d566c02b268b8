import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { typecheckPieces } from '@backend-labs/runner';
import type { Mutant } from './mutant.ts';

/**
 * The mutants that the compiler refuses: nobody would run them. Each is checked beside the files that
 * it imports, as it would be in its place; SQL has no types.
 *
 * @param dir the solution, laid out. The mutants are written into it, under names of their own.
 * @returns their ids.
 */
export async function typeFaults(
  root: string,
  dir: string,
  mutants: readonly Mutant[],
): Promise<ReadonlySet<string>> {
  const pieces = mutants
    .filter(({ kind }) => kind === 'typescript')
    .map(({ id, file, text }) => {
      const place = join(dir, dirname(file), `${basename(file, '.ts')}.mutant-${id}.ts`);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text);
      return { name: id, include: place, prefix: `${place}(` };
    });
  const faults = await typecheckPieces(root, dir, pieces);
  return new Set(pieces.map(({ name }) => name).filter((name) => faults.has(name)));
}

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { type Found, type Mutant, mutantOf } from './mutant.ts';
import { mutateSql } from './sql/mutate.ts';
import { mutateSource } from './typescript/mutate.ts';

export interface Generated {
  readonly mutants: readonly Mutant[];
  /** SQL that cannot be mutated: `file: why`. */
  readonly faults: readonly string[];
}

/** Programs that a ticket offers for trying things by hand, and a learner's own tests. */
const NOT_ASKED_FOR = /(?:^|\/)(?:dev|dev-[a-z]+|sandbox)\/|\.test\.ts$/u;

/** A file whose first line the migration script reads. */
const NO_TRANSACTION = '-- no transaction';

/**
 * All mutants of the service in a folder: each has one small mistake.
 *
 * @param dir a solution, laid out.
 * @param others other labs. Files that one of their starters also has, byte for byte, do not
 *   belong to what the ticket asks for, and are left alone.
 */
export async function generate(dir: string, others: readonly Lab[]): Promise<Generated> {
  const mutants: Mutant[] = [];
  const faults: string[] = [];
  for (const file of filesToMutate(dir, others)) {
    const source = readFileSync(join(dir, file), 'utf8');
    const found = file.endsWith('.sql')
      ? await mutateMigration(source)
      : await mutateSource(file, source);
    mutants.push(...found.mutants.map((each) => mutantOf(file, source, each)));
    faults.push(...found.faults.map((fault) => `${file}: ${fault}`));
  }
  // Two operators may make the same mistake.
  return { mutants: [...new Map(mutants.map((each) => [each.id, each])).values()], faults };
}

export function filesToMutate(dir: string, others: readonly Lab[]): string[] {
  return globSync(['src/**/*.ts', 'migrations/**/*.sql'], { cwd: dir })
    .filter((file) => !NOT_ASKED_FOR.test(file))
    .filter((file) => !others.some((lab) => hasToo(lab, file, dir)))
    .toSorted();
}

function hasToo(lab: Lab, file: string, dir: string): boolean {
  const other = join(lab.dir, file);
  return existsSync(other) && readFileSync(other).equals(readFileSync(join(dir, file)));
}

async function mutateMigration(source: string) {
  const { mutants, faults } = await mutateSql(source, { whole: true });
  const found = mutants.map(({ operator, sql, was, now, at }): Found => {
    return { kind: 'sql', operator, was, now, at, text: sql };
  });
  if (source.startsWith(NO_TRANSACTION)) {
    const text = source.slice(source.indexOf('\n') + 1);
    const operator = 'drop-no-transaction';
    found.push({ kind: 'sql', operator, was: NO_TRANSACTION, now: '', at: 0, text });
  }
  return { mutants: found, faults };
}

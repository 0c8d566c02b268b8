import { parseSync } from 'oxc-parser';
import type { Found } from '../mutant.ts';
import { mutateEmbedded } from './embedded-sql.ts';
import { ownEdits } from './own-operators.ts';
import { strykerEdits } from './stryker.ts';
import { isSpared, survey } from './survey.ts';

export interface SourceMutants {
  readonly mutants: readonly Found[];
  /** SQL that cannot be mutated: one line each. */
  readonly faults: readonly string[];
}

/** The mutants of a TypeScript file: of its code, and of the SQL in its strings. */
export async function mutateSource(file: string, source: string): Promise<SourceMutants> {
  const { program } = parseSync(file, source);
  const surveyed = survey(source, program);
  const mutants: Found[] = [];
  const faults: string[] = [];
  for (const each of surveyed.sql) {
    try {
      const found = await mutateEmbedded(source, each);
      mutants.push(...found.mutants);
      faults.push(...found.faults);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      faults.push(`${reason}: ${each.sql.trim().split('\n', 1)[0]}`);
    }
  }
  for (const edit of [...(await strykerEdits(file, source)), ...ownEdits(program)]) {
    const { operator, start, end, now } = edit;
    if (isSpared(surveyed, edit)) continue;
    const was = source.slice(start, end);
    const text = source.slice(0, start) + now + source.slice(end);
    if (now !== was && parses(file, text)) {
      mutants.push({ kind: 'typescript', operator, was, now, at: start, text });
    }
  }
  return { mutants, faults };
}

function parses(file: string, text: string): boolean {
  const { errors } = parseSync(file, text);
  return errors.length === 0;
}

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { z } from 'zod';
import { type Coverage, coverageSchema } from './coverage/coverage.ts';
import { type MutantVerdict, mutantVerdictSchema } from './verdict.ts';

const keptSchema = z.object({
  version: z.literal(1),
  /** Of the lab's tests and data, and of the solution. */
  digest: z.string(),
  coverage: coverageSchema.exactOptional(),
  verdicts: z.record(z.string(), mutantVerdictSchema),
});

type Kept = z.infer<typeof keptSchema>;

/**
 * The verdicts on a solution's mutants, kept in a file, so that a run that was interrupted goes on
 * where it stopped. They begin again when a test, the data or the solution changes.
 */
export class Results {
  readonly #file: string;
  readonly #kept: Kept;

  private constructor(file: string, kept: Kept) {
    this.#file = file;
    this.#kept = kept;
  }

  /** @param again keep only kills, even those from before a change: the rest is judged again. */
  static open(file: string, digest: string, again: boolean): Results {
    const found = read(file);
    const same = found?.digest === digest ? found : undefined;
    const verdicts = Object.entries((again ? found : same)?.verdicts ?? {}).filter(
      ([, { status }]) => !again || status === 'killed',
    );
    const coverage = same?.coverage;
    return new Results(file, {
      version: 1,
      digest,
      ...(coverage && { coverage }),
      verdicts: Object.fromEntries(verdicts),
    });
  }

  get coverage(): Coverage | undefined {
    return this.#kept.coverage;
  }

  set coverage(coverage: Coverage) {
    this.#kept.coverage = coverage;
    this.#write();
  }

  get(id: string): MutantVerdict | undefined {
    return this.#kept.verdicts[id];
  }

  set(id: string, verdict: MutantVerdict): void {
    this.#kept.verdicts[id] = verdict;
    this.#write();
  }

  #write(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#kept, null, 1));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function read(file: string): Kept | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // None yet, or of another version: everything is judged.
    return undefined;
  }
}

/**
 * A digest of what verdicts on a solution's mutants depend on.
 *
 * @param dir the solution, laid out.
 */
export function digestOf(lab: Lab, dir: string): string {
  const hash = createHash('sha256');
  const add = (root: string, patterns: readonly string[]) => {
    for (const file of globSync(patterns, { cwd: root, exclude: ['node_modules'] }).toSorted()) {
      hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
    }
  };
  add(lab.dir, ['lab.yaml', 'tests/**/*.*', 'data/**/*.*']);
  add(dir, ['src/**/*.*', 'migrations/**/*.*', '*.json']);
  return hash.digest('hex').slice(0, 16);
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Lab } from './lab.ts';
import { readYaml } from './yaml-file.ts';

/** `mutants.yaml`: mutants of a solution that no test needs to catch. */
export const MUTANT_MARKS = 'mutants.yaml';

const text = z.string().trim().min(1, 'must not be empty.');

const markSchema = z
  .strictObject({
    /** Relative to the service's folder: `src/app.ts`. */
    file: text,
    /** A part of the line that is changed, as it stands in the file. */
    line: text.exactOptional(),
    /** A part of the operator's name. */
    operator: text.exactOptional(),
    /** A part of what stands there instead. */
    replacement: text.exactOptional(),
    /** The solution that it is about; all of them when left out. */
    solution: text.exactOptional(),
    /** `equivalent`: nobody can see the difference. `not-asked-for`: no point speaks of it. */
    reason: z.enum(['equivalent', 'not-asked-for']),
    /** One sentence. */
    why: text,
  })
  .refine(({ line, operator, replacement }) => line ?? operator ?? replacement, {
    message: 'needs a part of the line, the operator or the replacement.',
  });

export type MutantMark = Readonly<z.infer<typeof markSchema>>;

/**
 * The marks of a lab, in the order of the file. None without a file.
 *
 * @throws CatalogError MANIFEST_INVALID with line and field.
 */
export function mutantMarksOf(lab: Pick<Lab, 'dir' | 'id'>): readonly MutantMark[] {
  const file = join(lab.dir, MUTANT_MARKS);
  if (!existsSync(file)) return [];
  return readYaml(file, `labs/${lab.id}/${MUTANT_MARKS}`, z.array(markSchema));
}

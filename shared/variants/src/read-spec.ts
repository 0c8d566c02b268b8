import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { VariantError } from './errors.ts';
import { type Spec, specSchema } from './spec.ts';

/** The file in a lab's folder that says how its variants differ. */
export const SPEC = 'variant.yaml';

/** Whether a lab has variants. */
export function hasVariants({ dir }: Pick<Lab, 'dir'>): boolean {
  return existsSync(join(dir, SPEC));
}

/**
 * Reads a lab's `variant.yaml`.
 *
 * @throws VariantError `NO_VARIANTS`; `SPEC_INVALID` with `file:line: field: what is wrong`.
 */
export function readSpec({ id, dir, tasks }: Pick<Lab, 'id' | 'dir' | 'tasks'>): Spec {
  const shown = `labs/${id}/${SPEC}`;
  if (!hasVariants({ dir })) {
    throw new VariantError('NO_VARIANTS', `${id} has no variants: ${shown} is missing.`);
  }
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(join(dir, SPEC), 'utf8'), {
    lineCounter: lines,
    // A point is a name: 2.10 is not 2.1.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:float'),
  });
  const [syntax] = document.errors;
  if (syntax)
    throw invalid(lines.linePos(syntax.pos[0]).line, syntax.message.split(' at line ')[0]);
  const checked = specSchema.safeParse(document.toJS());
  if (!checked.success) {
    const { issues } = checked.error;
    const [{ path, message } = { path: [], message: 'does not fit.' }] = issues;
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    throw invalid(lineOf(path), `${field(path)}${message}${more}`);
  }
  const points = new Set(tasks.flatMap((task) => task.points.map((point) => point.id)));
  for (const [axis, options] of Object.entries(checked.data.choices)) {
    for (const [at, { refuses }] of options.entries()) {
      const path = ['choices', axis, at, 'refuses'];
      const unknown = refuses.find((point) => !points.has(point));
      if (unknown === undefined) continue;
      throw invalid(lineOf(path), `${field(path)}the ticket has no point ${unknown}.`);
    }
  }
  return checked.data;

  function invalid(line: number, reason = 'does not fit.'): VariantError {
    return new VariantError('SPEC_INVALID', `${shown}:${line}: ${reason}`);
  }

  function lineOf(path: readonly PropertyKey[]): number {
    for (let depth = path.length; depth > 0; depth--) {
      const node: unknown = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

/** `choices.refunds[1].refuses: `. */
function field(path: z.core.$ZodIssue['path']): string {
  const name = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('');
  return name === '' ? '' : `${name.slice(1)}: `;
}

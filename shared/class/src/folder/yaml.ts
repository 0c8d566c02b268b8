import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ClassError } from '../errors.ts';

/**
 * Reads a YAML file that a person edits.
 *
 * @throws ClassError `CLASS_INVALID` with `file:line: field: what is wrong`; file system errors.
 */
export function readYaml<T>(path: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax) {
    const reason = syntax.message.split(' at line ')[0] ?? syntax.message;
    throw invalid(path, lines.linePos(syntax.pos[0]).line, `${reason}.`);
  }
  const checked = schema.safeParse(document.toJS() ?? {});
  if (checked.success) return checked.data;
  const [issue, ...others] = checked.error.issues;
  const field = issue?.path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name}.${String(key)}`),
    '',
  );
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  const where = field ? `${field.replace(/^\./u, '')}: ` : '';
  throw invalid(path, lineOf(issue?.path ?? []), `${where}${issue?.message}${more}`);

  function lineOf(fieldPath: readonly PropertyKey[]): number {
    for (let depth = fieldPath.length; depth > 0; depth -= 1) {
      const node = document.getIn(fieldPath.slice(0, depth), true) as { range?: number[] };
      if (node?.range?.[0] !== undefined) return lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

export function invalid(path: string, line: number, reason: string): ClassError {
  return new ClassError('CLASS_INVALID', `${basename(path)}:${line}: ${reason}`);
}

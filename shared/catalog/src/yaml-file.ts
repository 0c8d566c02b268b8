import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { CatalogError } from './errors.ts';

/**
 * Reads a YAML file and checks it against a schema.
 *
 * @param file absolute path.
 * @param shown the path as messages show it.
 * @throws CatalogError MANIFEST_UNREADABLE when there is no such file, MANIFEST_INVALID with
 *   `file:line: field: what is wrong` for the first fault, and the count of the others.
 */
export function readYaml<T>(file: string, shown: string, schema: z.ZodType<T>): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CatalogError(
      'MANIFEST_UNREADABLE',
      `${shown}: this file is needed and can't be read.`,
      {
        cause,
      },
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // A point is a name: 2.10 is not 2.1.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:float'),
  });
  const [syntax] = document.errors;
  if (syntax) {
    const reason = syntax.message.split(' at line ')[0] ?? syntax.message;
    throw invalid(shown, lines.linePos(syntax.pos[0]).line, reason);
  }
  const checked = schema.safeParse(document.toJS());
  if (checked.success) return checked.data;

  const [issue] = checked.error.issues;
  if (!issue) throw invalid(shown, 1, 'does not fit the schema.');
  const others = checked.error.issues.length - 1;
  const more = others > 0 ? ` (and ${others} more)` : '';
  throw invalid(shown, lineOf(issue.path), `${describe(issue)}${more}`);

  function lineOf(path: readonly PropertyKey[]): number {
    for (let depth = path.length; depth > 0; depth--) {
      const node: unknown = document.getIn(path.slice(0, depth), true);
      if (hasRange(node)) return lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

function invalid(shown: string, line: number, reason: string): CatalogError {
  return new CatalogError('MANIFEST_INVALID', `${shown}:${line}: ${reason}`);
}

function describe(issue: z.core.$ZodIssue): string {
  const field = issue.path.reduce<string>(
    (path, key) =>
      typeof key === 'number' ? `${path}[${key}]` : path ? `${path}.${String(key)}` : String(key),
    '',
  );
  return field ? `${field}: ${issue.message}` : issue.message;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

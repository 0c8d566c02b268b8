import { existsSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * A value without the paths of this machine: what is below one of the folders becomes relative to it. A
 * reviewer reads `src/app.ts:7`, wherever the submission was judged.
 *
 * @param value plain data. @param dirs absolute.
 */
export function withoutPaths<T>(value: T, dirs: readonly string[]): T {
  const all = dirs.flatMap((dir) => (existsSync(dir) ? [dir, realpathSync(dir)] : [dir]));
  const forms = all
    .flatMap((dir) => [pathToFileURL(dir).href, `file://${dir}`, dir])
    // Of a folder within another one, its own.
    .toSorted((one, other) => other.length - one.length)
    .map((form) => form.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
  // Whole, and not in the middle of another path.
  const known = new RegExp(
    `(?<![\\w.~/-])(?:${forms.join('|')})(?:(?<below>/)|(?![\\w.~-]))`,
    'gu',
  );
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) => {
    if (typeof part !== 'string') return part;
    return part.replaceAll(known, (_found, below?: string) => (below === undefined ? '.' : ''));
  }) as T;
}

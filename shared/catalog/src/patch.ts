import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import {
  applyPatch,
  formatPatch,
  parsePatch,
  structuredPatch,
  type StructuredPatch,
  type StructuredPatchHunk,
} from 'diff';
import { CatalogError } from './errors.ts';

/** A hunk that found no place. */
export interface Rejected {
  /** Path of the file, relative to the folder that is patched. */
  readonly file: string;
  /** `@@ -12,7 +12,6 @@` and its lines. */
  readonly hunk: string;
}

const NOWHERE = '/dev/null';
/** Lines of context around a change, as git has it. */
const CONTEXT = 3;
/** Lines of context that `patchLoosely` may find changed. */
const FUZZ = 2;

/**
 * Applies a unified diff (`--- a/src/x.ts`, `+++ b/src/x.ts`, `/dev/null` for a file that is new or
 * gone) to the files of `target`, exactly: lines may have moved, not changed.
 *
 * @throws CatalogError PATCH_REFUSED with the first hunk that does not apply; nothing is written then.
 */
export function applyPatchFile(file: string, target: string): void {
  const changes = changesOf(file).map((change) => ({ change, ...applied(change, target, 0) }));
  const [rejected] = changes.flatMap((each) => each.rejected);
  if (rejected) {
    throw new CatalogError(
      'PATCH_REFUSED',
      `${shownPath(file)} no longer applies to ${rejected.file}:\n${rejected.hunk}`,
    );
  }
  for (const { change, text } of changes) writeChange(change, text, target);
}

/**
 * Applies what can be applied, with some changed context, for a person who brings a patch up to date.
 *
 * @returns the hunks that found no place.
 */
export function patchLoosely(file: string, target: string): Rejected[] {
  return changesOf(file).flatMap((change) => {
    const { text, rejected } = applied(change, target, FUZZ);
    writeChange(change, text, target);
    return rejected;
  });
}

/** The unified diff that leads from the files of one folder to those of another; sorted by path. */
export function makePatch(before: string, after: string): string {
  const paths = new Set([...filesOf(before), ...filesOf(after)]);
  const changes = [...paths].toSorted().flatMap((path) => {
    const [old, now] = [contentOf(join(before, path)), contentOf(join(after, path))];
    if (old === now) return [];
    const change = structuredPatch(
      old === undefined ? NOWHERE : `a/${path}`,
      now === undefined ? NOWHERE : `b/${path}`,
      old ?? '',
      now ?? '',
      undefined,
      undefined,
      { context: CONTEXT },
    );
    return [formatPatch({ ...change, oldHeader: undefined, newHeader: undefined }, HEADERS)];
  });
  return changes.join('');
}

/** Just the names: no line of equals signs above them. */
const HEADERS = { includeIndex: false, includeUnderline: false, includeFileHeaders: true };

function changesOf(file: string): StructuredPatch[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CatalogError('PATCH_REFUSED', `${shownPath(file)} is missing.`, { cause });
  }
  return parsePatch(text).filter(({ hunks }) => hunks.length > 0);
}

function applied(change: StructuredPatch, target: string, fuzzFactor: number) {
  const path = pathOf(change);
  let text = contentOf(join(target, path)) ?? '';
  const whole = applyPatch(text, change, { fuzzFactor });
  if (whole !== false) return { text: whole, rejected: [] };
  const rejected: Rejected[] = [];
  for (const hunk of change.hunks) {
    const next = applyPatch(text, { ...change, hunks: [hunk] }, { fuzzFactor });
    if (next === false) rejected.push({ file: path, hunk: shownHunk(hunk) });
    else text = next;
  }
  return { text, rejected };
}

function writeChange(change: StructuredPatch, text: string, target: string): void {
  const file = join(target, pathOf(change));
  if (change.newFileName === NOWHERE) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The path below `a/` or `b/`. */
function pathOf({ oldFileName = '', newFileName = '' }: StructuredPatch): string {
  const name = newFileName === NOWHERE ? oldFileName : newFileName;
  return name.replace(/^[ab]\//u, '');
}

function shownHunk({ oldStart, oldLines, newStart, newLines, lines }: StructuredPatchHunk): string {
  return [`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...lines].join('\n');
}

function shownPath(file: string): string {
  return file.slice(Math.max(0, file.lastIndexOf('labs/')));
}

function filesOf(dir: string): string[] {
  return globSync('**/*', {
    cwd: dir,
    withFileTypes: true,
    exclude: ({ name }) => name === 'node_modules' || name === '.git',
  })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

function contentOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';

/** Path, relative with `/` → text. Binary files are not among them. */
export type Texts = Map<string, string>;

/** Of a lock file nothing is a word: its hashes are letters. */
const SKIPPED = new Set(['node_modules', '.git', 'package-lock.json']);

/** All text files below a folder. */
export function readTexts(dir: string): Texts {
  const texts: Texts = new Map();
  const collect = (below: string) => {
    for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (SKIPPED.has(entry.name)) continue;
      if (entry.isDirectory()) collect(path);
      else if (entry.isFile()) {
        const text = readFileSync(join(dir, path), 'utf8');
        if (!text.includes('\0')) texts.set(path, text);
      }
    }
  };
  if (existsSync(dir)) collect('');
  return new Map([...texts].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Writes `texts` in place of the text files of a folder, and leaves no empty folder behind. */
export function replaceTexts(dir: string, before: Texts, texts: Texts): void {
  for (const path of before.keys()) {
    if (!texts.has(path)) rmSync(join(dir, path), { force: true });
  }
  for (const [path, text] of texts) {
    if (before.get(path) === text) continue;
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  pruneBelow(dir);
}

function pruneBelow(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const below = join(dir, entry.name);
    pruneBelow(below);
    if (readdirSync(below).length === 0) rmdirSync(below);
  }
}

/** Whether a glob of `variant.yaml` means a file. `src/x.ts` also means that file of each solution. */
export function isMeant(glob: string, path: string): boolean {
  const inSolution = path.replace(/^solutions\/[^/]+\//u, '');
  return [path, inSolution].some((each) => each === glob || matchesGlob(each, glob));
}

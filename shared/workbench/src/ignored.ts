import { readFile } from 'node:fs/promises';
import { join, matchesGlob, relative, sep } from 'node:path';

/** In every copy: packages, git's own files, logs, and what editors and systems write for themselves. */
const ALWAYS = [
  'node_modules/',
  '.git/',
  '*.log',
  '*.pid',
  '*~',
  '.*.sw?',
  '.#*',
  '#*#',
  '4913',
  '*.tmp',
  '*.tmp.*',
  '.DS_Store',
  'Thumbs.db',
  '.idea/',
  '.vscode/',
  'coverage/',
];

/** Which paths in a copy no save is about: those above, and those that its own .gitignore names. */
export async function ignoredBy(dir: string): Promise<(path: string) => boolean> {
  const own = await readFile(join(dir, '.gitignore'), 'utf8').catch(() => '');
  const lines = own.split('\n').map((line) => line.trim());
  // Exceptions (`!`) are rare, and a file that is looked at once too often does no harm.
  const named = lines.filter((line) => line !== '' && !/^[#!]/u.test(line));
  const patterns = [...ALWAYS, ...named].flatMap(globsOf);
  return (path) => {
    const inside = relative(dir, path).replaceAll(sep, '/');
    return inside !== '' && patterns.some((pattern) => matchesGlob(inside, pattern));
  };
}

/** As gitignore(5): without a slash in the middle it counts at every depth, and so does what is below. */
function globsOf(line: string): string[] {
  const body = line.replace(/\/+$/u, '').replace(/^\//u, '');
  const base = line.replace(/\/+$/u, '').includes('/') ? body : `**/${body}`;
  return [base, `${base}/**`];
}

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Overlay } from '@backend-labs/catalog';
import { createTwoFilesPatch } from 'diff';
import { paint } from './style.ts';

/** What the solution's author says of it. */
export function solutionNotes({ dir, name }: Overlay): string {
  const notes = join(dir, 'SOLUTION.md');
  return existsSync(notes) ? readFileSync(notes, 'utf8') : `# ${name}\n`;
}

/** The files that the solution changes, whole. */
export function renderFiles(lab: Lab, solution: Overlay): string {
  return filesOf(solution)
    .map((path) => `${paint('bold', `${lab.id}/${path}`)}\n\n${read(solution.dir, path)}`)
    .join('\n');
}

/** A unified diff from a learner's copy (or the starter, without one) to the solution. */
export function renderDiff(lab: Lab, solution: Overlay, copy: string | undefined): string {
  const from = copy ?? lab.dir;
  const label = copy ? 'yours' : 'starter';
  return filesOf(solution)
    .map((path) => {
      const theirs = read(solution.dir, path);
      const mine = read(from, path);
      if (mine === theirs) return '';
      return createTwoFilesPatch(`${label}/${path}`, `${solution.name}/${path}`, mine, theirs)
        .split('\n')
        .slice(1)
        .map(colourLine)
        .join('\n');
    })
    .join('');
}

function filesOf({ dir }: Overlay): string[] {
  return globSync('**/*', { cwd: dir, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'SOLUTION.md')
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .toSorted();
}

function read(dir: string, path: string): string {
  const file = join(dir, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function colourLine(line: string): string {
  if (line.startsWith('+')) return paint('green', line);
  if (line.startsWith('-')) return paint('red', line);
  return line.startsWith('@@') ? paint('cyan', line) : line;
}

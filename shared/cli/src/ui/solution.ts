import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOLUTION_NOTES, type Lab, type Solution } from '@backend-labs/catalog';
import { createTwoFilesPatch } from 'diff';
import { paint } from './style.ts';
import { clean } from './untrusted.ts';

/** The author's notes on a solution. */
export function solutionNotes({ dir, name }: Solution): string {
  const notes = join(dir, SOLUTION_NOTES);
  return existsSync(notes) ? readFileSync(notes, 'utf8') : `# ${name}\n`;
}

/** The files that the solution changes, in full. */
export function renderFiles(lab: Lab, solution: Solution): string {
  return filesOf(solution)
    .map(({ path, text }) => `${paint('bold', `${lab.id}/${path}`)}\n\n${text}`)
    .join('\n');
}

/** A unified diff from a learner's copy (or the starter, without one) to the solution. */
export function renderDiff(lab: Lab, solution: Solution, copy: string | undefined): string {
  const from = copy ?? lab.dir;
  const label = copy ? 'yours' : 'starter';
  return filesOf(solution)
    .map(({ path, text }) => {
      const mine = read(from, path);
      if (mine === text) return '';
      return createTwoFilesPatch(`${label}/${path}`, `${solution.name}/${path}`, mine, text)
        .split(/\r?\n/u)
        .slice(1)
        .map((line) => colourLine(clean(line)))
        .join('\n');
    })
    .join('');
}

function filesOf({ layers }: Solution): { path: string; text: string }[] {
  const files = layers.flatMap(({ folder }) =>
    globSync('**/*', { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== SOLUTION_NOTES)
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .map((path) => ({ path, text: read(folder, path) })),
  );
  return files.toSorted((a, b) => a.path.localeCompare(b.path));
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

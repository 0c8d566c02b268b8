import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { editableEntries, type Lab } from '@backend-labs/catalog';
import { parseDocument } from 'yaml';
import type { Assignment } from './texts.ts';
import { ticketFor } from './ticket.ts';
import type { Files } from './toolchain.ts';

const PLACEHOLDER = '// This task is not part of the assignment.\nexport {};\n';

/**
 * A lab as a candidate gets it: ticket, starter, data and the tests of the chosen tasks. The other
 * tasks keep their numbers, and lose their text and their tests.
 */
export function labFiles(lab: Lab, assignment: Assignment): Files {
  const chosen = new Set(assignment.tasks);
  const files: Files = new Map();
  for (const [path, bytes] of starterFiles(lab, assignment)) files.set(path, bytes);
  for (const path of filesIn(lab.dir, '{data,tests}/**/*')) {
    files.set(path, readFileSync(join(lab.dir, path)));
  }
  for (const { number, slug } of lab.tasks) {
    if (!chosen.has(number)) {
      files.set(`tests/${number}-${slug}.test.ts`, Buffer.from(PLACEHOLDER));
    }
  }
  files.set('lab.yaml', Buffer.from(manifestFor(lab, assignment)));
  return files;
}

/** The files that a candidate edits, as they are at the start. */
export function starterFiles(lab: Lab, assignment: Assignment): Files {
  const files: Files = new Map(
    editableEntries(lab)
      .flatMap((name) => filesIn(lab.dir, `{${name},${name}/**/*}`))
      .map((path) => [path, withoutTodos(readFileSync(join(lab.dir, path)), assignment)]),
  );
  const ticket = readFileSync(join(lab.dir, 'README.md'), 'utf8');
  files.set('README.md', Buffer.from(ticketFor(ticket, lab, assignment)));
  return files;
}

/** A comment that says what to do for a task: a line, and nothing beside it. */
const TODO = /^[ \t]*(?:\/\/|--|\/\*\*) TODO\(task (?<number>\d+)\):.*\n/gmu;

/** A file of the starter, without what it says to do for tasks that are left out. */
function withoutTodos(bytes: Buffer, { tasks }: Assignment): Buffer {
  // The bytes of a picture, say, stay as they are.
  const text = bytes.toString('latin1');
  const kept = text.replaceAll(TODO, (line, number: string) =>
    tasks.includes(Number(number)) ? line : '',
  );
  return Buffer.from(kept, 'latin1');
}

/** `lab.yaml` without its list of mistakes in the starter. */
function manifestFor(lab: Lab, { tasks }: Assignment): string {
  const document = parseDocument(readFileSync(join(lab.dir, 'lab.yaml'), 'utf8'));
  document.set('starter', { fails: tasks });
  return document.toString();
}

function filesIn(dir: string, pattern: string): string[] {
  return globSync(pattern, { cwd: dir, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dir.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.includes('node_modules'));
}

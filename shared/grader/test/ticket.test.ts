import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, loadLab, readCatalog } from '@backend-labs/catalog';
import { describe, expect, test } from 'vitest';
import { labFiles, starterFiles } from '../src/pack/lab-files.ts';
import { ticketFor } from '../src/pack/ticket.ts';
import { CANDIDATE_COMMANDS } from '../src/pack/toolchain.ts';
import { Folder, ROOT } from './support/folder.ts';
import { writeAll } from './support/toy.ts';

const { labs } = readCatalog(ROOT);
const REFERENCE = '\n## For reference\n';

/** A lab's ticket for some of its tasks. */
function ticketOf(lab: Lab, tasks: readonly number[]): string {
  const ticket = readFileSync(join(lab.dir, 'README.md'), 'utf8');
  return ticketFor(ticket, lab, { tasks: [...tasks], ai: 'allowed' });
}

/** The numbers in `task 4`, and in `tasks 1 and 4`. */
function tasksIn(text: string): number[] {
  const named = text.matchAll(/\btasks?\s+(?<numbers>\d+(?:(?:,\s*|\s+(?:and|or|to)\s+)\d+)*)/giu);
  return [...named].flatMap(({ groups }) => groups?.['numbers']?.match(/\d+/gu) ?? []).map(Number);
}

test.each(labs)('the starter of $id says what to do for the chosen tasks only', (lab) => {
  const said = (tasks: readonly number[]) =>
    [...starterFiles(lab, { tasks: [...tasks], ai: 'allowed' }).values()].flatMap((bytes) =>
      [...bytes.toString().matchAll(/TODO\(task (\d+)\)/gu)].map(([, number]) => Number(number)),
    );
  const all = lab.tasks.map(({ number }) => number);
  const each = all.flatMap((number) => {
    const own = said([number]);
    expect(own.filter((other) => other !== number)).toEqual([]);
    return own;
  });
  expect(each).toHaveLength(said(all).length);
});

describe.each(labs)('the ticket of $id', (lab) => {
  const all = lab.tasks.map(({ number }) => number);

  test.each([[all], ...all.map((number) => [[number]])])(
    'for tasks %j names no other task and no command that a take-home lacks',
    (tasks) => {
      const ticket = ticketOf(lab, tasks);
      const [own = '', reference = ''] = ticket.split(REFERENCE);
      const others = tasksIn(own).filter((number) => !tasks.includes(number));
      // A task may need a table of another one: then that one is in the reference.
      expect(others.filter((number) => !reference.includes(`### Task ${number}:`))).toEqual([]);
      const commands = [...ticket.matchAll(/\blabs -- ([a-z]+)/gu)].map(([, name]) => name);
      expect(commands).toContain('test');
      expect(CANDIDATE_COMMANDS).toEqual(expect.arrayContaining(commands));
      expect(ticket).not.toMatch(/\bhints?\b/iu);
    },
  );

  test('for one task has its points and no others', () => {
    const [first = 1] = all;
    using folder = new Folder();
    for (const [path, bytes] of labFiles(lab, { tasks: [first], ai: 'allowed' })) {
      if (/^(?:README\.md|lab\.yaml|tests\/\d.*)$/u.test(path)) {
        writeAll(folder.path(lab.id), { [path]: String(bytes) });
      }
    }
    const points = loadLab(folder.path(lab.id), folder.dir).tasks.map((task) => task.points);
    expect(points).toEqual(lab.tasks.map((task) => (task.number === first ? task.points : [])));
  });
});

describe('a ticket for some tasks', () => {
  const lab = (number: string) => {
    const found = labs.find(({ id }) => id.startsWith(number));
    if (!found) throw new TypeError(`no lab ${number}`);
    return found;
  };

  test('quotes a point that they refer to', () => {
    const [, reference] = ticketOf(lab('03'), [5]).split(REFERENCE);
    expect(reference).toContain('- 1.4: "Refused" means 401');
  });

  test('has a task that they refer to as a reference', () => {
    const [, reference] = ticketOf(lab('25'), [7]).split(REFERENCE);
    expect(reference).toMatch(/### Task 5: [\s\S]*- 5\.1: /u);
  });

  test('has no reference when they refer to nothing', () => {
    expect(ticketOf(lab('07'), [2, 3])).not.toContain(REFERENCE);
  });

  test('has the whole ticket but for commands if it is for all tasks', () => {
    const { dir, tasks } = lab('07');
    const whole = readFileSync(join(dir, 'README.md'), 'utf8').replace(
      /^npm run labs -- hint.*\n/mu,
      '',
    );
    expect(
      ticketOf(
        lab('07'),
        tasks.map(({ number }) => number),
      ),
    ).toBe(whole);
  });
});

import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClassRecord } from '@backend-labs/class';
import { sandboxTrouble } from '@backend-labs/launcher';
import { describe, expect, test } from 'vitest';
import { statusTable } from '../src/class/table.ts';
import { Labs } from './support/labs.ts';

const LAB = '00-first-ticket';
const missing = (await sandboxTrouble())?.message;

/** A class of Ada and Bob with task 1 of lab 00, whose repositories are folders. */
async function classOn(labs: Labs): Promise<void> {
  writeFileSync(join(labs.home, 'r.csv'), 'id,name\nada,Ada\nbob,Bob\n');
  const repositories = ['--repositories', '../{student}'];
  const init = await labs.run(
    ...'class init course --roster r.csv --title Backend'.split(' '),
    ...repositories,
  );
  expect(init).toMatchObject({ exit: 0, err: '' });
  expect(init.out).toContain('course: 2 students.');
  const assigned = await labs.run(
    ...'class assign course 0 --tasks 1 --due 2126-12-11T18:00Z'.split(' '),
  );
  expect(assigned).toMatchObject({ exit: 0, err: '' });
  expect(assigned.out).toContain('Give each student a copy of course/packs/00-first-ticket.');
}

/** Ada hands in the starter. */
function handIn(labs: Labs, student: string): void {
  const pack = join(labs.home, 'course/packs', LAB);
  cpSync(join(pack, 'work'), join(labs.home, student, 'work'), { recursive: true });
}

describe.skipIf(missing)('a class', () => {
  test('is made, collected, graded and shown', { timeout: 480_000 }, async () => {
    using labs = await Labs.onPostgres({ LABS_STACK: 'native' });
    // The sandbox runs as another user.
    chmodSync(labs.home, 0o755);
    await classOn(labs);
    handIn(labs, 'ada');
    const collected = await labs.run('class', 'collect', 'course');
    expect(collected.exit).toBe(1);
    expect(collected.out).toContain(`  ${LAB}  bob: not read, There is no `);
    expect(collected.out).toContain('1 collected, 0 without a submission, 1 not read.');
    try {
      const graded = await labs.run('class', 'grade', 'course');
      expect(graded).toMatchObject({
        exit: 0,
        out: `${LAB}  ada  graded\n1 graded, 0 not judged.\n`,
      });
    } finally {
      await labs.run('stack', 'down', 'redis');
    }
    const { out } = await labs.run('class', 'status', 'course', '--json');
    const { records } = JSON.parse(out) as { records: Record<string, unknown>[] };
    expect(records).toMatchObject([
      { student: 'ada', state: 'graded', mark: { penalty: 0, overridden: false } },
      { student: 'bob', state: 'not collected' },
    ]);
    const set = await labs.run(
      ...`class override course ${LAB} bob --points 3 --why mail`.split(' '),
    );
    expect(set).toMatchObject({ exit: 0, out: `${LAB}  bob: 3 of 4 points, set by hand\n` });
  });
});

describe('a wrong argument of class is one line', () => {
  test.each([
    [['status'], 2, 'is not a class: it has no class.yaml. Make one with `labs class init`.'],
    [['init', 'c'], 2, 'Name the students: --roster FILE'],
    [['init', 'c', '--roster', 'no.csv', '--title', 'C'], 2, 'There is no roster '],
    [['assign', 'c', '0'], 2, 'Name the time when it is due: --due 2026-12-11T18:00Z.'],
    [['assign', 'c', '0', '--due', 'soon'], 2, 'is not a class'],
    [
      ['override', 'c', 'a', 'ada', '--points', 'many', '--why', 'x'],
      2,
      '--points takes a number, not "many".',
    ],
    [
      ['grade', 'c', '--workers', 'two'],
      2,
      '--workers takes a whole number from 0 to 64, not "two".',
    ],
    [['worker', '--redis', 'localhost'], 3, '--redis takes a URL such as redis://'],
    [
      ['worker', '--redis', 'redis://127.0.0.1:9'],
      3,
      'The queue at 127.0.0.1:9 does not answer (connect ECONNREFUSED 127.0.0.1:9).',
    ],
  ])('labs class %j', async (words, code, says) => {
    using labs = new Labs();
    const { exit, out, err } = await labs.run('class', ...words);
    expect({ exit, out }).toEqual({ exit: code, out: '' });
    expect(err.trimEnd()).not.toContain('\n');
    expect(err).toContain(says);
  });
});

const record = (id: string, more: Partial<ClassRecord>): ClassRecord =>
  ({
    student: { id, name: `Name of ${id}` },
    assignment: { id: 'toy' },
    state: 'collected',
    ...more,
  }) as ClassRecord;

test('the table has a mark, or how far the submission is', () => {
  const mark = { points: 7.2, of: 10, penalty: 0.8, overridden: false };
  const late = { lateSeconds: 5, dir: '' };
  const table = statusTable([
    record('ada', { state: 'graded', mark, submission: late }),
    record('bob', { state: 'graded', mark: { ...mark, overridden: true } }),
    record('cyd', { state: 'grading', mark }),
    record('dan', { state: 'not collected', note: 'no such \u001b[2J host' }),
  ]);
  expect(table.split('\n')).toEqual([
    'id   name         toy',
    'ada  Name of ada  7.2/10 late',
    'bob  Name of bob  7.2/10*',
    'cyd  Name of cyd  7.2/10 grading',
    'dan  Name of dan  -',
    '',
    'toy  dan: no such �[2J host',
    '',
    '2 graded, 1 grading, 1 not collected.  * set by hand',
  ]);
});

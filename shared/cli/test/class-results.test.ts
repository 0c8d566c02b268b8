import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findLab, readCatalog } from '@backend-labs/catalog';
import { assign, collect, EXPORT_FORMATS, initClass } from '@backend-labs/class';
import { parse as parseYaml } from 'yaml';
import { COMMANDS as OF_CLASS } from '../src/commands/class/commands.ts';
import { COMMANDS } from '../src/commands.ts';
import { parse } from '../src/command.ts';
import { Labs } from './support/labs.ts';

/** A class of lab 00 with three students: one who has changed nothing, and two with the same answer. */
async function classWith(labs: Labs): Promise<string> {
  const course = join(labs.home, 'course');
  writeFileSync(
    join(labs.home, 'roster.csv'),
    `id,name,repository\nada,"=Ada",${labs.home}/ada\nbob,Bob,${labs.home}/bob\ncy,Cy,${labs.home}/cy\n`,
  );
  initClass({ dir: course, roster: join(labs.home, 'roster.csv'), title: 'Backend' });
  await assign({
    dir: course,
    root: ROOT,
    lab: findLab(readCatalog(ROOT), '0'),
    rules: { tasks: [1], ai: 'declared' },
    due: '2026-01-01T18:00Z',
    late: { hours: 0, perDay: 0 },
  });
  for (const student of ['ada', 'bob', 'cy']) {
    const home = join(labs.home, student);
    cpSync(join(course, 'packs/00-first-ticket/work'), join(home, 'work'), { recursive: true });
    if (student === 'ada') continue;
    mkdirSync(join(home, 'work/00-first-ticket/src'), { recursive: true });
    writeFileSync(join(home, 'work/00-first-ticket/src/own.ts'), ANSWER);
  }
  await collect({ dir: course });
  return course;
}

const ROOT = join(import.meta.dirname, '../../..');

const ANSWER = Array.from(
  { length: 12 },
  (_, n) =>
    `export async function f${n}(a: string[]) { for (const b of a) if (b.length > ${n}) await g(b, ${n} * 2); }`,
).join('\n');

test('an assignment takes the weights and the rule on new packages that a pack takes', async () => {
  using labs = new Labs();
  writeFileSync(join(labs.home, 'roster.csv'), 'id,name\nada,Ada\n');
  const course = join(labs.home, 'course');
  initClass({ dir: course, roster: join(labs.home, 'roster.csv'), title: 'Backend' });
  const rules = ['--tasks', '1', '--weight', '1.2=3', '--allow-dependencies'];
  const due = ['--due', '2126-01-01T18:00Z'];
  const { exit } = await labs.run('class', 'assign', 'course', '0', ...rules, ...due);
  expect(exit).toBe(0);
  const pack = readFileSync(join(course, 'packs/00-first-ticket/pack.json'), 'utf8');
  expect(JSON.parse(pack)).toMatchObject({
    tasks: [1],
    weights: { '1.2': 3 },
    newPackages: 'allowed',
  });
});

describe('the results of a class', () => {
  test('are a page, and files in each format', async () => {
    using labs = new Labs();
    const course = await classWith(labs);
    const report = await labs.run('class', 'report', 'course');
    expect(report).toMatchObject({ exit: 0, out: 'course/report.html\n' });
    const page = readFileSync(join(course, 'report.html'), 'utf8').replaceAll(/\s+/gu, ' ');
    expect(page).toContain('3 students · 1 assignment · 0 graded');
    expect(page).toMatch(/=Ada: [^<]*, no change to the starter/u);
    expect(page).toMatch(/Bob \(100 %, <code>src\/own\.ts:1<\/code>\) and Cy/u);

    const csv = await labs.run('class', 'export', 'course', '--format', 'csv', '--json');
    expect(JSON.parse(csv.out)).toMatchObject({ files: ['gradebook.csv', 'marks.csv'], left: [] });
    const gradebook = readFileSync(join(course, 'exports/csv/gradebook.csv'), 'utf8');
    expect(gradebook).toContain("ada,'=Ada,,\r\n");

    const none = await labs.run('class', 'export', 'course', '--format', 'gradescope');
    expect(none).toMatchObject({ exit: 0 });
    expect(none.out).toContain('ada: left out, it is collected');
    expect(none.out).toContain('0 files in course/exports/gradescope');
  });

  test.for([
    [['class', 'export', 'course'], 'labs: Which format? Use --format with one of csv, gradescope'],
    [['class', 'export', '--format', 'xlsx'], 'labs: There is no format "xlsx". Use --format with'],
    [['class', 'export', '--format', 'csv'], 'is not a class: it has no class.yaml.'],
    [['class', 'report', 'nowhere'], 'is not a class: it has no class.yaml.'],
  ] as const)('of a wrong command line are one line and exit code 2: %j', async ([words, says]) => {
    using labs = new Labs();
    const { exit, out, err } = await labs.run(...words);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err.trimEnd()).not.toContain('\n');
    expect(err).toContain(says);
  });
});

test('the help of `labs class export` names every format', () => {
  const info = OF_CLASS['export'];
  const help = info && 'flags' in info ? info.flags['format']?.help : '';
  for (const format of Object.keys(EXPORT_FORMATS)) expect(help).toContain(format);
});

test('the workflow calls `labs grade` with flags that it has', () => {
  const [file] = EXPORT_FORMATS['github-workflow']?.([], {}).files ?? [];
  const { jobs } = parseYaml(file?.text ?? '') as {
    jobs: { grade: { steps: { name?: string; run?: string }[] } };
  };
  const { run = '' } = jobs.grade.steps.find(({ name }) => name === 'Grade') ?? {};
  const [, words = ''] = /labs -- grade (?<words>.*) \|\|/u.exec(run) ?? [];
  const { grade } = COMMANDS;
  if (!grade || !('flags' in grade)) throw new TypeError('there is no labs grade');
  const args = parse('grade', grade, words.split(' '));
  expect(args.positionals).toEqual(['../student']);
  for (const flag of ['pack', 'seed', 'deadline', 'to']) expect(args.text(flag)).toBeTruthy();
});

import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLab, layOut, readCatalog } from '@backend-labs/catalog';
import { copyKey, record } from '@backend-labs/workbench';
import { describe, expect, test } from 'vitest';
import type { CommandInfo } from '../src/command.ts';
import { COMMANDS } from '../src/commands.ts';
import { COMMANDS as CLASS_COMMANDS } from '../src/commands/class/commands.ts';
import { helpFor } from '../src/help.ts';
import { Labs } from './support/labs.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('help', () => {
  const commands = [...Object.values(COMMANDS), ...Object.values(CLASS_COMMANDS)];

  test.each(commands.filter((info): info is CommandInfo => 'load' in info))(
    'of $usage shows its usage, its flags and an example',
    (info) => {
      const help = helpFor(info);
      expect(help).toContain(`labs ${info.usage}`);
      for (const flag of Object.keys(info.flags)) expect(help).toContain(`--${flag}`);
      expect(help).toContain(`Example: ${info.example}`);
    },
  );

  test('is given by any command', async () => {
    using labs = new Labs();
    const { exit, out } = await labs.run('test', '--help');
    expect(exit).toBe(0);
    expect(out).toContain('labs test <lab> [task]');
  });

  test('of class lists its commands', async () => {
    using labs = new Labs();
    const { exit, out } = await labs.run('class');
    expect(exit).toBe(0);
    for (const { usage } of Object.values(CLASS_COMMANDS)) expect(out).toContain(`  ${usage}`);
  });

  test('the overview lists the commands and the exit codes', async () => {
    using labs = new Labs();
    const { exit, out } = await labs.run('--help');
    expect(exit).toBe(0);
    expect(out).toContain('labs <command> --help');
    expect(out).toContain('0 green, 1 red, 2 usage, 3 a server or the machine');
  });
});

describe('a wrong argument is one line and exit code 2', () => {
  test.each([
    [['tset', '1'], 'labs: There is no command "tset". Did you mean "test"?'],
    [['class', 'grad'], 'labs: There is no command "class grad". Did you mean "grade"?'],
    [['test'], 'labs: Which lab? Usage: labs test <lab> [task]'],
    [['test', '77'], 'labs: There is no lab "77". `labs list` shows them all.'],
    [['test', 'query-plan'], 'labs: There is no lab "query-plan". Did you mean "query-plans"?'],
    [['test', '1', '77'], 'labs: There is no task "77" in 01-query-plans. It has tasks 1 to 8.'],
    [['test', '1', '2', '3'], 'labs: "3" is one argument too many. Usage: labs test <lab> [task]'],
    [['test', '1', '--lgos'], "labs: Unknown option '--lgos'. `labs test --help` lists the flags."],
    [['verify', '1', '--repeat', '0'], 'labs: --repeat takes a whole number from 1, not "0".'],
    [
      ['verify', '1', '--row', 'ilik'],
      'labs: 01-query-plans has no row "ilik". Did you mean "ilike"?',
    ],
    [
      ['verify', '1', '--task', '77'],
      'labs: There is no task "77" in 01-query-plans. It has tasks 1 to 8.',
    ],
    [['verify', '--row', 'starter'], 'labs: --row and --task want one lab: `labs verify <lab>`.'],
    [
      ['verify', '1', '--row', 'starter', '--write'],
      'labs: --write wants the whole matrix: leave out --row and --task.',
    ],
    [
      ['mutate', '1', '--solution', 'best'],
      'labs: 01-query-plans has no solution "best". It has reference, status-by-status.',
    ],
    [
      ['mutate', '1', '--sample', '5', '--write'],
      'labs: --write needs --sample 100 or more, or no --sample.',
    ],
    [
      ['mutate', '1', '--solution', 'status-by-status', '--write'],
      'labs: --write needs the solution reference: leave out --solution.',
    ],
    [['stack', 'start'], 'labs: Unknown action "start". Use one of up, down, status, logs.'],
    [
      ['stack', 'up', 'mysql'],
      'labs: There is no server "mysql". There are postgres, redis, rabbitmq, kafka, images.',
    ],
    [['watch', '1'], 'labs: watch needs a terminal. Without one, run: labs test 1'],
    [
      ['new', 'Rate Limits'],
      'labs: "Rate Limits" is not the id of a lab. Use two digits and a slug, such as 40-rate-limits.',
    ],
    [['new', '01-other'], 'labs: Number 01 is taken by 01-query-plans.'],
    [
      ['solution', '1', '--spoil', '--name', 'best'],
      'labs: 01-query-plans has no solution "best".',
    ],
    [['reset', '1', '--restore', 'nowhere'], 'labs: '],
    [
      ['pack', '7', '--to', 'x', '--weight', '2.3'],
      'labs: --weight takes points or tasks with whole numbers from 1, such as 2.3=3,4=2, not "2.3".',
    ],
    [
      ['pack', '7', '--to', 'x', '--tasks', '2,3', '--weight', '4=2'],
      'labs: The pack has no point 4.1. It has tasks 2 and 3.',
    ],
    [['grade', 'ada', '--pack', 'take-home', '--commits', '3'], 'labs: --commits needs --history.'],
  ])('labs %j', async (words, says) => {
    using labs = new Labs();
    const { exit, out, err } = await labs.run(...words);
    expect(exit).toBe(2);
    expect(out).toBe('');
    expect(err.trimEnd()).not.toContain('\n');
    expect(err).toContain(says);
  });
});

describe('a machine that can’t is one line and exit code 3', () => {
  test('a port that is taken', async () => {
    using labs = new Labs();
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { exit, err } = await labs.run('run', '1', '--port', String(port));
    squatter.close();
    expect(exit).toBe(3);
    expect(err).toContain(`labs: Port ${port} is taken. Choose another with --port N`);
  });

  test.each([
    ['nobody listens', 'postgres://postgres:x@127.0.0.1:9/postgres'],
    ['no URL', 'not a url'],
    ['another protocol', 'mysql://127.0.0.1/x'],
  ])('a LABS_POSTGRES_URL where %s', async (_what, url) => {
    using labs = new Labs({ LABS_POSTGRES_URL: url });
    const { exit, out, err } = await labs.run('test', '1', '2');
    expect(exit).toBe(3);
    expect(out).not.toContain('✗');
    expect(out).toContain('! 2  ');
    expect(out).toContain('LABS_POSTGRES_URL');
    expect(out + err).not.toMatch(/\n\s+at /);
  });

  test('a state folder that is a file', async () => {
    using labs = new Labs();
    writeFileSync(join(labs.home, 'state'), '');
    const { exit, err } = await labs.run('test', '1', '2');
    expect(exit).toBe(3);
    expect(err).toContain('labs: ');
    expect(err).not.toMatch(/\n\s+at /);
  });
});

test('list and progress print JSON', async () => {
  using labs = new Labs();
  const list = await labs.run('list', '--json');
  const { labs: listed } = JSON.parse(list.out) as { labs: unknown[] };
  expect(listed[0]).toMatchObject({ id: '00-first-ticket', core: { passed: 0 } });
  const progress = await labs.run('progress', '--json');
  expect(JSON.parse(progress.out)).toMatchObject({ labs: {} });
});

test('each hint is one level deeper until the deepest, and progress shows it', async () => {
  using labs = new Labs();
  const levels = [];
  for (let asked = 0; asked < 4; asked++) {
    const { out } = await labs.run('hint', '1', '2');
    levels.push(/hint (\d) of 3/.exec(out)?.[1]);
  }
  expect(levels).toEqual(['1', '2', '3', '3']);
  const { out } = await labs.run('progress');
  expect(out).toMatch(/ 2  .*hint 3 of 3$/m);
});

test('a solution is shown after green, or with --spoil', async () => {
  using labs = new Labs();
  const early = await labs.run('solution', '1');
  expect(early).toMatchObject({ exit: 2, out: '' });
  expect(early.err).toContain('Tasks 1, 2, 3, 4, 5, 6, 7 are still open.');
  const spoiled = await labs.run('solution', '1', '--spoil', '--diff');
  expect(spoiled.exit).toBe(0);
  expect(spoiled.out).toMatch(/^\+\+\+ reference\/src\//m);
});

test('no control character of a copy reaches the terminal with the diff to a solution', async () => {
  using labs = new Labs();
  const lab = findLab(readCatalog(ROOT), '0');
  const copy = join(labs.work, lab.id);
  layOut(lab, [], copy);
  const mine = readFileSync(join(copy, 'src/list-books.ts'), 'utf8');
  writeFileSync(join(copy, 'src/list-books.ts'), `// \u001b[2J\r\n${mine}`);
  const { out } = await labs.run('solution', '0', '--spoil', '--diff');
  expect(out).toMatch(/^-\/\/ \uFFFD\[2J$/mu);
});

test('a solution is shown after the copy that --work names is green', async () => {
  using labs = new Labs();
  const lab = findLab(readCatalog(ROOT), '0');
  const work = join(labs.home, 'other');
  const stateDir = join(labs.home, 'state');
  const results = lab.tasks.map(({ number, slug, title, stretch }) => {
    const nothing = { points: [], tests: [], duration: 0 };
    return { task: number, slug, title, stretch, status: 'passed' as const, ...nothing };
  });
  await record(stateDir, lab, results, `${lab.id}@${copyKey(lab, { stateDir, workRoot: work })}`);
  expect((await labs.run('solution', '0')).exit).toBe(2);
  expect((await labs.run('solution', '0', '--work', work)).exit).toBe(0);
});

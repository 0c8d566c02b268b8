import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test as base } from 'vitest';
import {
  firstUnfinished,
  isNewcomer,
  nextHintLevel,
  readProgress,
  recordHint,
  recordReset,
  recordVerdicts,
  taskProgress,
} from '../src/progress.ts';

const LAB = '01-query-plans';
const MONDAY = new Date('2026-03-02T10:00:00Z');
const TUESDAY = new Date('2026-03-03T10:00:00Z');

const test = base.extend<{ stateDir: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of fixtures from it
  stateDir: async ({}, use) => {
    const root = await mkdtemp(join(tmpdir(), 'labs-progress-'));
    await use(join(root, '.labs'));
    await rm(root, { recursive: true, force: true });
  },
});

test('without a record there is no progress, and nothing is written', async ({ stateDir }) => {
  expect(await readProgress(stateDir)).toEqual({ progress: { schema: 1, labs: {} } });
  await expect(readdir(stateDir)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a run is recorded by task: verdict, when, how often, first pass', async ({ stateDir }) => {
  await recordVerdicts(
    stateDir,
    LAB,
    [
      { task: 'measure-first', verdict: 'passed', points: {} },
      { task: 'index-budget', verdict: 'waiting', points: {} },
    ],
    MONDAY,
  );
  const { progress } = await recordVerdicts(
    stateDir,
    LAB,
    [{ task: 'measure-first', verdict: 'passed', points: {} }],
    TUESDAY,
  );
  expect(await readProgress(stateDir)).toEqual({ progress });
  expect(taskProgress(progress, LAB, 'measure-first')).toEqual({
    attempts: 2,
    passing: true,
    points: {},
    lastVerdict: 'passed',
    lastRunAt: TUESDAY.toISOString(),
    firstPassedAt: MONDAY.toISOString(),
    hints: [],
  });
  expect(taskProgress(progress, LAB, 'index-budget')).toEqual({
    attempts: 0,
    passing: false,
    lastVerdict: 'waiting',
    lastRunAt: MONDAY.toISOString(),
    hints: [],
  });
  expect(taskProgress(progress, LAB, 'never-run')).toEqual({
    attempts: 0,
    passing: false,
    hints: [],
  });
});

test.for(['error', 'not run', 'waiting'] as const)(
  '%s does not count as an attempt and keeps a pass; failed does the opposite',
  async (verdict) => {
    const root = await mkdtemp(join(tmpdir(), 'labs-progress-'));
    const task = 'measure-first';
    await recordVerdicts(root, LAB, [{ task, verdict: 'passed', points: {} }], MONDAY);
    const after = await recordVerdicts(root, LAB, [{ task, verdict, points: {} }], TUESDAY);
    expect(taskProgress(after.progress, LAB, task)).toMatchObject({
      attempts: 1,
      passing: true,
      lastVerdict: verdict,
    });
    const failed = await recordVerdicts(
      root,
      LAB,
      [{ task, verdict: 'failed', points: {} }],
      TUESDAY,
    );
    expect(taskProgress(failed.progress, LAB, task)).toMatchObject({
      attempts: 2,
      passing: false,
      firstPassedAt: MONDAY.toISOString(),
    });
    await rm(root, { recursive: true });
  },
);

test('a run is recorded by point, and a file from before points is kept', async ({ stateDir }) => {
  await mkdir(stateDir, { recursive: true });
  const before = { attempts: 3, passing: true, firstPassedAt: MONDAY.toISOString(), hints: [] };
  const old = { schema: 1, labs: { [LAB]: { tasks: { 'measure-first': before } } } };
  await writeFile(join(stateDir, 'progress.json'), JSON.stringify(old));
  expect(taskProgress((await readProgress(stateDir)).progress, LAB, 'measure-first')).toEqual(
    before,
  );
  const points = { 1.1: 'passed', 1.2: 'failed' } as const;
  const run = [{ task: 'measure-first', verdict: 'failed', points }] as const;
  const { progress } = await recordVerdicts(stateDir, LAB, run, TUESDAY);
  expect(taskProgress(progress, LAB, 'measure-first')).toMatchObject({
    attempts: 4,
    passing: false,
    firstPassedAt: MONDAY.toISOString(),
    points,
  });
  const reset = await recordReset(stateDir, LAB);
  expect(taskProgress(reset.progress, LAB, 'measure-first').points).toBeUndefined();
});

test('a reset takes the passes of its lab away, and keeps the rest', async ({ stateDir }) => {
  const passed = [{ task: 'measure-first', verdict: 'passed', points: {} }] as const;
  await recordVerdicts(stateDir, LAB, passed, MONDAY);
  await recordVerdicts(stateDir, '02-other', passed, MONDAY);
  await recordHint(stateDir, LAB, 'measure-first', 1, MONDAY);
  const { progress } = await recordReset(stateDir, LAB);
  expect(taskProgress(progress, LAB, 'measure-first')).toMatchObject({
    attempts: 1,
    passing: false,
    firstPassedAt: MONDAY.toISOString(),
    hints: [{ level: 1 }],
  });
  expect(taskProgress(progress, '02-other', 'measure-first')).toMatchObject({ passing: true });
});

test('hints go one deeper each time, stay at the third, and are all logged', async ({
  stateDir,
}) => {
  const shown: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const { progress } = await readProgress(stateDir);
    const level = nextHintLevel(progress, LAB, 'measure-first');
    shown.push(level);
    await recordHint(stateDir, LAB, 'measure-first', level, MONDAY);
  }
  const { progress } = await readProgress(stateDir);
  expect(shown).toEqual([1, 2, 3, 3, 3]);
  expect(taskProgress(progress, LAB, 'measure-first').hints).toEqual(
    shown.map((level) => ({ level, at: MONDAY.toISOString() })),
  );
  expect(nextHintLevel(progress, LAB, 'index-budget')).toBe(1);
});

test('a newcomer begins with lab 00, and a learner who began elsewhere goes on there', async ({
  stateDir,
}) => {
  const ids = ['00-first-ticket', LAB, '02-other'];
  const labs = ids.map((id) => ({ id, tasks: [{ slug: 'a', stretch: false }] }));
  const next = async () => {
    const { progress } = await readProgress(stateDir);
    return { lab: firstUnfinished(labs, progress)?.lab.id, newcomer: isNewcomer(progress) };
  };
  const judged = (lab: string, verdict: 'passed' | 'failed') =>
    recordVerdicts(stateDir, lab, [{ task: 'a', verdict, points: {} }], MONDAY);

  expect(await next()).toEqual({ lab: '00-first-ticket', newcomer: true });
  await recordHint(stateDir, '02-other', 'a', 1, MONDAY);
  expect(await next()).toEqual({ lab: LAB, newcomer: false });
  await judged(LAB, 'passed');
  expect(await next()).toEqual({ lab: '02-other', newcomer: false });
  await judged('02-other', 'passed');
  expect(await next()).toEqual({ lab: '00-first-ticket', newcomer: false });
  await judged('00-first-ticket', 'failed');
  expect(await next()).toEqual({ lab: '00-first-ticket', newcomer: false });
  await judged(LAB, 'failed');
  expect(await next()).toEqual({ lab: '00-first-ticket', newcomer: false });
  await judged('00-first-ticket', 'passed');
  expect(await next()).toEqual({ lab: LAB, newcomer: false });
});

test('the first unfinished task is a core task, in the order of the labs', async ({ stateDir }) => {
  const labs = [
    {
      id: LAB,
      tasks: [
        { slug: 'optional', stretch: true },
        { slug: 'a', stretch: false },
        { slug: 'b', stretch: false },
      ],
    },
    { id: '02-other', tasks: [{ slug: 'a', stretch: false }] },
  ];
  const unfinished = async () => {
    const { progress } = await readProgress(stateDir);
    const found = firstUnfinished(labs, progress);
    return found && `${found.lab.id} ${found.task.slug}`;
  };
  expect(await unfinished()).toBe('01-query-plans a');
  await recordVerdicts(stateDir, LAB, [
    { task: 'a', verdict: 'failed', points: {} },
    { task: 'b', verdict: 'passed', points: {} },
  ]);
  expect(await unfinished()).toBe('01-query-plans a');
  await recordVerdicts(stateDir, LAB, [{ task: 'a', verdict: 'passed', points: {} }]);
  expect(await unfinished()).toBe('02-other a');
  await recordVerdicts(stateDir, '02-other', [{ task: 'a', verdict: 'passed', points: {} }]);
  expect(await unfinished()).toBeUndefined();
});

describe('a damaged file', () => {
  test.for([
    ['cut off', '{"schema":1,"labs":{"01-que'],
    ['empty', ''],
    ['of a newer version', '{"schema":2,"labs":{}}'],
    ['of another shape', '{"schema":1,"labs":{"a":{"tasks":{"b":{"attempts":"many"}}}}}'],
    ['not even text', '\u0000\uFFFD'],
  ] as const)('%s is moved aside with a note of one line', async ([, content]) => {
    const stateDir = await mkdtemp(join(tmpdir(), 'labs-progress-'));
    await writeFile(join(stateDir, 'progress.json'), content);

    const { progress, note = '' } = await readProgress(stateDir);

    expect(progress.labs).toEqual({});
    expect(note).toMatch(/^[^\n]*progress\.json is damaged or from a newer version[^\n]*$/);
    const [aside = ''] = (await readdir(stateDir)).filter((name) => name.includes('unreadable'));
    expect(note).toContain(aside);
    expect(await readFile(join(stateDir, aside), 'utf8')).toBe(content);
    expect(await readProgress(stateDir)).toEqual({ progress });
    await rm(stateDir, { recursive: true });
  });

  test('does not stop a run from being recorded', async ({ stateDir }) => {
    await mkdir(stateDir);
    await writeFile(join(stateDir, 'progress.json'), '{');
    const { progress, note } = await recordVerdicts(stateDir, LAB, [
      { task: 'a', verdict: 'passed', points: {} },
    ]);
    expect(note).toContain('unreadable');
    expect(await readProgress(stateDir)).toEqual({ progress });
    expect(taskProgress(progress, LAB, 'a').passing).toBe(true);
  });

  test('that is a folder is moved aside too', async ({ stateDir }) => {
    await mkdir(join(stateDir, 'progress.json/inner'), { recursive: true });
    expect(await readProgress(stateDir)).toMatchObject({ note: expect.any(String) });
    expect(await readProgress(stateDir)).not.toHaveProperty('note');
  });
});

test('a state folder that cannot be made is one line, with a fix', async ({ stateDir }) => {
  await writeFile(stateDir, 'a file\n');
  expect(await readProgress(stateDir)).toEqual({ progress: { schema: 1, labs: {} } });
  const write = recordVerdicts(stateDir, LAB, [{ task: 'a', verdict: 'passed', points: {} }]);
  await expect(write).rejects.toMatchObject({ name: 'WorkError', code: 'WORK_BLOCKED' });
});

test('four commands at once lose nothing of each other', async ({ stateDir }) => {
  const script = join(import.meta.dirname, 'support/add-verdicts.ts');
  const times = 25;
  const commands = ['a', 'b', 'shared', 'shared'];
  await Promise.all(
    commands.map((task) =>
      promisify(execFile)(process.execPath, [script, stateDir, task, String(times)]),
    ),
  );
  const { progress } = await readProgress(stateDir);
  const counts = (task: string) => {
    const { attempts, hints } = taskProgress(progress, LAB, task);
    return { attempts, hints: hints.length };
  };
  expect(counts('a')).toEqual({ attempts: times, hints: times });
  expect(counts('b')).toEqual({ attempts: times, hints: times });
  expect(counts('shared')).toEqual({ attempts: 2 * times, hints: 2 * times });
  expect(await readdir(stateDir)).toEqual(['locks', 'progress.json']);
});

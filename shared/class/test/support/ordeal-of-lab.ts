/**
 * ordeal-of-lab.ts [--lab 07-idempotent-retries] [--tasks 2,3] [--count 24] [--workers 2]
 * [--kill-every 20] [--kills 1000] [--redis-after 5] [--start-at 0]: grades submissions made of a lab's
 * starter, solutions and misconceptions by workers of which one is killed every so many seconds, while
 * Redis is killed once. Then it compares every verdict with that of `labs verify`. Exit code 0: equal.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import {
  findLab,
  findTask,
  layOut,
  misconceptionsOf,
  readCatalog,
  solutionsOf,
} from '@backend-labs/catalog';
import type { Lab, Layer } from '@backend-labs/catalog';
import { collect } from '../../src/collect/collect.ts';
import { assign } from '../../src/folder/assign.ts';
import { initClass } from '../../src/folder/init.ts';
import type { ClassRecord } from '../../src/records.ts';
import { Folder, ROOT } from './folder.ts';
import { ordeal } from './ordeal.ts';

interface Row {
  readonly name: string;
  readonly layers: readonly Layer[];
  /** Points that come out by chance. */
  readonly byChance: readonly string[];
}

const { values } = parseArgs({
  options: {
    lab: { type: 'string', default: '07-idempotent-retries' },
    tasks: { type: 'string', default: '2,3' },
    count: { type: 'string', default: '24' },
    workers: { type: 'string', default: '2' },
    'kill-every': { type: 'string', default: '20' },
    kills: { type: 'string', default: '1000' },
    'redis-after': { type: 'string', default: '5' },
    'start-at': { type: 'string', default: '0' },
    state: { type: 'string', default: `${ROOT}/.labs` },
  },
});
const lab = findLab(readCatalog(ROOT), values.lab);
const tasks = values.tasks.split(',').map((name) => findTask(lab, name).number);
const rows = rowsOf(lab);
const count = Number(values.count);
const students = Array.from({ length: count }, (_, at) => ({
  id: `s${String(at).padStart(3, '0')}`,
  row: rows[(at + Number(values['start-at'])) % rows.length] as Row,
}));

using folder = new Folder();
const course = folder.path('course');
const roster = folder.write(
  'roster.csv',
  `id,name\n${students.map(({ id, row }) => `${id},${row.name}\n`).join('')}`,
);
initClass({ dir: course, roster, title: 'Ordeal', repositories: '../repos/{student}' });
const { id: assignment } = await assign({
  dir: course,
  root: ROOT,
  lab,
  rules: { tasks, ai: 'declared' },
  due: '2126-12-01T18:00:00Z',
  late: { hours: 0, perDay: 0 },
});
for (const { id, row } of students) handIn(id, row);
const collected = await collect({ dir: course });
for (const { student, outcome, why } of collected) {
  if (outcome !== 'collected') console.log(`${student.id} ${outcome}: ${why}`);
}
console.log(`collected ${collected.filter(({ outcome }) => outcome === 'collected').length}`);

const report = await ordeal({
  course,
  stateDir: values.state,
  workers: Number(values.workers),
  killEveryMs: Number(values['kill-every']) * 1000,
  kills: Number(values.kills),
  redisAfter: Number(values['redis-after']),
  onLine: (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`),
});
const { records, written, kills, redisKills, seconds } = report;
const graded = records.filter(({ state }) => state === 'graded');
const twice = [...report.ended.values()].filter((times) => times > 1).length;
const begun = [...report.begun.values()].reduce((all, times) => all + times, 0);
console.log(
  `${count} submissions, ${graded.length} verdicts, ${written.length - new Set(written).size} written twice, ` +
    `${begun} begun, ${twice} ended twice; ${kills} workers and ${redisKills} Redis killed; ${Math.round(seconds)} s`,
);
for (const { student, note } of records.filter(({ state }) => state !== 'graded')) {
  console.log(`${student.id}: ${note}`);
}
const differing = compare(graded, verified(new Set(students.map(({ row }) => row.name))));
console.log(differing.length === 0 ? "all equal to verify's" : differing.join('\n'));
process.exitCode = differing.length === 0 && graded.length === count ? 0 : 1;

function rowsOf(of: Lab): Row[] {
  return [
    { name: 'starter', layers: [], byChance: [] },
    ...solutionsOf(of).map(({ name, layers }) => ({
      name: `solutions/${name}`,
      layers,
      byChance: [],
    })),
    ...misconceptionsOf(of).map(({ name, layers, mayBreak }) => ({
      name: `misconceptions/${name}`,
      layers,
      byChance: mayBreak,
    })),
  ];
}

/** A clone of the pack with one more commit. */
function handIn(student: string, { layers }: Row): void {
  const dir = folder.path('repos', student);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=S', '-c', 'user.email=s@example.invalid', ...args], {
      stdio: 'pipe',
    });
  git('clone', '--quiet', folder.path('course/packs', assignment), dir);
  layOut(lab, layers, `${dir}/work/${lab.id}`);
  git('-C', dir, 'add', '--all');
  git('-C', dir, 'commit', '--quiet', '--allow-empty', '-m', 'Hand in');
}

interface VerifiedRow {
  readonly name: string;
  readonly cells: readonly { readonly points: Readonly<Record<string, string>> }[];
}

/** What `labs verify` says: by row, whether each point passed. */
function verified(names: ReadonlySet<string>): Map<string, Map<string, boolean>> {
  const args = [...names].flatMap((name) => ['--row', name]);
  const asked = tasks.flatMap((task) => ['--task', String(task)]);
  const main = `${ROOT}/shared/cli/src/main.ts`;
  const json = (() => {
    try {
      return execFileSync(process.execPath, [main, 'verify', lab.id, ...args, ...asked, '--json'], {
        maxBuffer: 64 * 1024 ** 2,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    } catch (error) {
      // A part of the matrix may be red; its verdicts are what we want.
      return (error as { stdout: Buffer }).stdout;
    }
  })();
  const { reports } = JSON.parse(String(json)) as { reports: { rows: VerifiedRow[] }[] };
  return new Map(
    reports.flatMap(({ rows: judged }) =>
      judged.map(({ name, cells }) => [
        name,
        new Map(
          cells.flatMap(({ points }) =>
            Object.entries(points).map(([id, status]) => [id, status === 'passed'] as const),
          ),
        ),
      ]),
    ),
  );
}

function compare(
  judged: readonly ClassRecord[],
  verdicts: Map<string, Map<string, boolean>>,
): string[] {
  let compared = 0;
  const faults = judged.flatMap(({ student, result }) => {
    const row = students.find(({ id }) => id === student.id)?.row;
    const known = verdicts.get(row?.name ?? '');
    return (result?.tasks ?? []).flatMap(({ points }) =>
      points.flatMap(({ id, grade }) => {
        const passed = known?.get(id);
        if (passed === undefined || row?.byChance.includes(id)) return [];
        compared += 1;
        return passed === (grade === 'passed')
          ? []
          : [
              `${student.id} (${row?.name}) ${id}: ${grade}, and verify says ${passed ? 'passed' : 'not passed'}`,
            ];
      }),
    );
  });
  console.log(`${compared} points compared`);
  return compared === 0 ? ['verify says nothing about these rows'] : faults;
}

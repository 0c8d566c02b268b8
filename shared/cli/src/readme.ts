import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, readCatalog } from '@backend-labs/catalog';
import { type MutationReport, sharesOf } from '@backend-labs/mutation';
import type { VerifyReport } from '@backend-labs/runner';

const START = '<!-- labs: written by `labs verify --write` -->';
const END = '<!-- labs: end -->';

/** Columns that a lab says itself. */
const FACTS = ['lab', 'title', 'level', 'time', 'servers', 'tasks'] as const;
/** Columns that a command measures. */
const MEASURED = [
  'points proven',
  'misconceptions killed',
  'mutants killed',
  'solutions accepted',
  'runs of each test',
] as const;

type Measured = (typeof MEASURED)[number];

/** What a command measured of a lab: only these cells of its row change. */
export interface Figures {
  readonly lab: string;
  readonly cells: Readonly<Partial<Record<Measured, string>>>;
}

export function verifiedFigures(report: VerifyReport): Figures {
  const { lab, misconceptions, solutions, points, seeds } = report;
  return {
    lab,
    cells: {
      'points proven': `${points.proven.length} of ${points.proven.length + points.unproven.length}`,
      'misconceptions killed': `${misconceptions.sound} of ${misconceptions.of}`,
      'solutions accepted': `${solutions.sound} of ${solutions.of}`,
      'runs of each test': String(seeds.length),
    },
  };
}

export function mutatedFigures(report: MutationReport): Figures {
  const { lab, sample, seed, generated, untyped, judged, killed } = report;
  const drawn = `sample of ${sample} from ${generated - untyped}, seed ${seed}`;
  // Rounded down: 94.9 % is not 95 %.
  const percent = Math.floor(100 * sharesOf(report).killed);
  const cell =
    sample === undefined ? `${percent} % of ${judged}` : `${killed} of ${judged} (${drawn})`;
  return { lab, cells: { 'mutants killed': cell } };
}

/** Writes the labs' table into README.md with these figures; all other figures stay. */
export function writeFigures(root: string, figures: readonly Figures[]): void {
  const file = join(root, 'README.md');
  const readme = readFileSync(file, 'utf8');
  writeFileSync(file, withFigures(readme, readCatalog(root).labs, figures));
}

export function withFigures(
  readme: string,
  labs: readonly Lab[],
  figures: readonly Figures[],
): string {
  const from = readme.indexOf(START);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) return readme;
  const old = readTable(readme.slice(from, to));
  const rows = labs.map((lab) => {
    const kept = old.find(({ lab: cell }) => cell?.startsWith(`[${lab.id}]`)) ?? {};
    const measured = Object.assign(
      {},
      ...figures.filter(({ lab: id }) => id === lab.id).map(({ cells }) => cells),
    ) as Figures['cells'];
    const facts = factsOf(lab);
    return line([
      ...FACTS.map((column) => facts[column]),
      ...MEASURED.map((column) => measured[column] ?? kept[column] ?? ''),
    ]);
  });
  const columns = [...FACTS, ...MEASURED];
  const table = [START, '', line(columns), `|${'---|'.repeat(columns.length)}`, ...rows, ''];
  return readme.slice(0, from) + table.join('\n') + readme.slice(to);
}

function factsOf(lab: Lab): Readonly<Record<(typeof FACTS)[number], string>> {
  const core = lab.tasks.filter(({ stretch }) => !stretch).length;
  return {
    lab: `[${lab.id}](labs/${lab.id}/README.md)`,
    title: lab.title,
    level: lab.level,
    time: `${lab.hours} h`,
    servers: lab.servers.join(', '),
    tasks: tasksCell(core, lab.tasks.length - core),
  };
}

/** The rows of a table, each by the names of its columns. */
function readTable(text: string): Partial<Record<string, string>>[] {
  const [head = [], , ...rows] = text
    .split('\n')
    .filter((row) => row.startsWith('|'))
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return rows.map((row) => Object.fromEntries(row.map((cell, at) => [head[at] ?? '', cell])));
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function tasksCell(core: number, stretch: number): string {
  return stretch > 0 ? `${core} + ${stretch} stretch` : String(core);
}

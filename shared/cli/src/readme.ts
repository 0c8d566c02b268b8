import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCatalog } from '@backend-labs/catalog';
import type { VerifyReport } from '@backend-labs/runner';

const START = '<!-- labs: written by `labs verify --write` -->';
const END = '<!-- labs: end -->';

/** Writes the labs' table into README.md, with the figures of these reports; other rows stay. */
export function writeFigures(root: string, reports: readonly VerifyReport[]): void {
  const file = join(root, 'README.md');
  const readme = readFileSync(file, 'utf8');
  const from = readme.indexOf(START);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) return;
  const old = readme.slice(from, to).split('\n');
  const rows = readCatalog(root).labs.map((lab) => {
    const report = reports.find(({ lab: id }) => id === lab.id);
    if (!report) {
      const kept = old.find((line) => line.startsWith(`| [${lab.id}]`));
      if (kept) return kept;
    }
    const { misconceptions, solutions, points, seeds } = report ?? {};
    const core = lab.tasks.filter(({ stretch }) => !stretch).length;
    const cells = [
      `[${lab.id}](labs/${lab.id}/README.md)`,
      lab.title,
      lab.level,
      `${lab.hours} h`,
      lab.servers.join(', '),
      tasksCell(core, lab.tasks.length - core),
      points ? `${points.proven.length} of ${points.proven.length + points.unproven.length}` : '',
      misconceptions ? `${misconceptions.sound} of ${misconceptions.of}` : '',
      solutions ? `${solutions.sound} of ${solutions.of}` : '',
      seeds ? String(seeds.length) : '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const table = [
    START,
    '',
    '| lab | title | level | time | servers | tasks | points proven | misconceptions killed | solutions accepted | runs of each test |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  writeFileSync(file, readme.slice(0, from) + table + readme.slice(to));
}

function tasksCell(core: number, stretch: number): string {
  return stretch > 0 ? `${core} + ${stretch} stretch` : String(core);
}

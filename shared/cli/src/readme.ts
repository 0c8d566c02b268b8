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
    const { misconceptions, solutions, repeats } = report ?? {};
    const cells = [
      `[${lab.id}](labs/${lab.id}/README.md)`,
      lab.title,
      lab.level,
      `${lab.hours} h`,
      lab.servers.join(', '),
      String(lab.tasks.length),
      misconceptions ? `${misconceptions.killed} of ${misconceptions.of}` : '',
      solutions ? `${solutions.accepted} of ${solutions.of}` : '',
      repeats ? String(repeats) : '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const table = [
    START,
    '',
    '| lab | title | level | time | servers | tasks | misconceptions killed | solutions accepted | runs of each cell |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  writeFileSync(file, readme.slice(0, from) + table + readme.slice(to));
}

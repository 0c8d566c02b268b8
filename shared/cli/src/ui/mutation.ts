import {
  isStrong,
  LEAST_KILLED,
  MOST_MARKED,
  type MutationReport,
  sharesOf,
  type Survivor,
} from '@backend-labs/mutation';
import { paint } from './style.ts';
import { clean } from './untrusted.ts';

/** The survivors, each with its diff, then the figures. */
export function renderMutation(report: MutationReport): string {
  return [
    ...report.survivors.map(renderSurvivor),
    ...report.notMutated.map((text) => paint('dim', `not mutated: ${text.replaceAll('\n', ' ')}`)),
    ...report.faults.map((fault) => paint('red', `mutants.yaml: ${fault}`)),
    ...figures(report),
    '',
  ].join('\n');
}

const STATUSES: Readonly<Record<Survivor['status'], string>> = {
  survived: 'survived',
  'not run': 'no test runs this code',
  error: 'could not be judged',
  endless: 'did not end before its deadline',
};

function renderSurvivor({ file, line, operator, status, message, diff, ...near }: Survivor) {
  const where = paint('bold', `${file}:${line}`);
  const why = message === undefined ? '' : `: ${clean(message)}`;
  return [
    `${where}  ${operator}  ${STATUSES[status]}${why}`,
    ...(status === 'not run' ? [] : [`nearest: ${nearest(near)}`]),
    ...diff.split('\n').map((text) => `  ${colour(text)}`),
    '',
  ].join('\n');
}

function nearest({ points, tasks }: Pick<Survivor, 'points' | 'tasks'>): string {
  if (points.length > 0) return `points ${points.join(', ')}`;
  return `tasks ${tasks.join(', ')}`;
}

function colour(line: string): string {
  if (line.startsWith('+')) return paint('green', line);
  if (line.startsWith('-')) return paint('red', line);
  return line.startsWith('@@') ? paint('cyan', line) : line;
}

function figures(report: MutationReport): string[] {
  const { lab, solution, seed, sample, generated, untyped, marked, judged, killed } = report;
  const shares = sharesOf(report);
  const all = marked.equivalent + marked.notAskedFor;
  const compiled = generated - untyped;
  const drawn =
    sample === undefined ? '' : `, a sample of ${sample} from ${compiled} with seed ${seed}`;
  const mark = isStrong(report) ? paint('green', '✓') : paint('red', '✗');
  return [
    `${mark} ${paint('bold', lab)}, solution ${solution}${drawn}`,
    `   ${generated} mutants generated, ${untyped} refused by the compiler`,
    `   ${all} of ${compiled} marked (${percent(shares.marked)}, at most ${percent(MOST_MARKED)}): ` +
      `${marked.equivalent} equivalent, ${marked.notAskedFor} not asked for`,
    `   ${killed} of ${judged} killed (${percent(shares.killed)}, at least ${percent(LEAST_KILLED)}), ` +
      `${statuses(report)}${(report.duration / 1000).toFixed(1)} s`,
  ];
}

function statuses({ survivors }: MutationReport): string {
  const counts = Object.entries(Object.groupBy(survivors, ({ status }) => status));
  return counts.map(([status, { length }]) => `${length} ${status}, `).join('');
}

function percent(share: number): string {
  // Rounded against the lab: 94.99 % is not 95 %.
  return `${(Math.floor(share * 1000) / 10).toFixed(1).replace('.0', '')} %`;
}

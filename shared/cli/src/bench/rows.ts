import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import { rowNames } from '@backend-labs/runner';
import type { Context } from '../context.ts';
import { MachineError } from '../errors.ts';
import type { BenchRow } from './sample.ts';

/** Rows of each lab's matrix; drawn evenly over it. */
const ROWS = 12;

const MOST_SECONDS = 6;

/** Units of the times in proc(5) in a second. */
const TICKS = 100;

/**
 * CPU time of `labs verify` for each row, over all labs, without that of the servers. Linux alone
 * counts it.
 */
export async function benchRows(context: Context, labs: readonly Lab[]): Promise<BenchRow[]> {
  if (process.platform !== 'linux') return [];
  const spent: number[] = [];
  let rows = 0;
  for (const lab of labs) {
    const chosen = drawn(rowNames(lab));
    const before = childSeconds();
    await verified(context, lab, chosen);
    spent.push(childSeconds() - before);
    rows += chosen.length;
  }
  const seconds = spent.reduce((sum, each) => sum + each, 0) / rows;
  return [
    {
      what: `CPU time a row, ${rows} rows of ${labs.length} labs (s)`,
      bar: `<= ${MOST_SECONDS} s`,
      measured: `${seconds.toFixed(1)} s`,
      holds: seconds <= MOST_SECONDS,
      samples: spent,
    },
  ];
}

function drawn(names: readonly string[]): string[] {
  const step = Math.max(1, names.length / ROWS);
  const chosen = names.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
  return chosen.slice(0, ROWS);
}

async function verified({ root, stateDir }: Context, lab: Lab, rows: readonly string[]) {
  const main = join(root, 'shared/cli/src/main.ts');
  const args = [main, 'verify', lab.id, '--json', ...rows.flatMap((row) => ['--row', row])];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LABS_STATE: stateDir },
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0 || code === 1) return;
  throw new MachineError(
    `The verify of ${lab.id} ended with ${code}: ${Buffer.concat(errors).toString()}`,
  );
}

/** Of all child processes that have ended, in user and in system mode: proc(5), fields 16 and 17. */
function childSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

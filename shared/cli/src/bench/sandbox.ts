import type { Lab, Overlay } from '@backend-labs/catalog';
import { verify } from '@backend-labs/runner';
import { openStack } from '@backend-labs/stack';
import type { Context } from '../context.ts';
import { MachineError } from '../errors.ts';
import { requireSandbox } from '../sandbox.ts';
import { type BenchRow, median, shown } from './sample.ts';

/** What a sandbox may add to the tests of a lab, as a share. */
const MOST = 0.25;

/** The tests of a whole lab against one solution, in a sandbox and without one. */
export async function benchSandbox(
  context: Context,
  lab: Lab,
  solution: Overlay,
  runs: number,
): Promise<BenchRow[]> {
  if (process.platform !== 'linux') return [];
  await requireSandbox(context);
  const without = await rounds(false);
  const within = await rounds(true);
  const added = median(within) / median(without) - 1;
  return [
    {
      what: `tests in a sandbox, ${lab.id}`,
      bar: `<= ${MOST * 100} % above those without`,
      measured: `${(added * 100).toFixed(0)} % (${shown(median(within))}, without ${shown(median(without))})`,
      holds: added <= MOST,
      samples: within,
    },
  ];

  /** The first round also starts the worker and compiles; it does not count. */
  async function rounds(sandbox: boolean): Promise<number[]> {
    const { root, stateDir } = context;
    const stack = await openStack(lab.servers, { root, stateDir });
    const ends: number[] = [];
    const { solutions } = await verify({
      root,
      stateDir,
      lab,
      stack,
      sandbox,
      repeat: runs + 1,
      workers: 1,
      rows: [`solutions/${solution.name}`],
      onRound: ({ duration }) => ends.push(duration),
    });
    if (solutions.sound < 1) throw new MachineError(`${lab.id} is red: its time says nothing.`);
    return ends.slice(1).map((end, at) => end - (ends[at] ?? 0));
  }
}

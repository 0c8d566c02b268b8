import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab, Overlay, Task } from '@backend-labs/catalog';
import { layOut } from '@backend-labs/catalog';
import type { ServerAddress } from '@backend-labs/stack';
import { Judging, onSave } from '@backend-labs/workbench';
import type { Context } from '../context.ts';
import { MachineError } from '../errors.ts';
import { naiveRun, type NaiveCheck } from './naive.ts';
import { type BenchRow, median, sampled, shown, timed } from './sample.ts';

export interface WatchBench {
  readonly what: string;
  readonly lab: Lab;
  /** One of the lab's solutions. */
  readonly overlay: Overlay;
  readonly task: Task;
  /** The file that is saved, relative to the lab. */
  readonly saves: string;
  readonly check: NaiveCheck;
  /** Bar for the median, in ms. */
  readonly most: number;
  /** Bar for the ratio to the naive way, where the design sets one. */
  readonly share?: number;
}

/** From a save to its verdict in a watch that is open, beside a cold run that does it all itself. */
export async function benchWatch(
  context: Context,
  postgres: ServerAddress,
  runs: number,
  bench: WatchBench,
): Promise<BenchRow> {
  const { lab, overlay, task, saves, check, most, share } = bench;
  const dir = join(context.stateDir, 'bench', lab.id);
  const target = join(dir, 'work');
  layOut(lab, overlay.layers, target);
  const quick = await savesToVerdicts(context, lab, task, target, saves, runs);
  const naive = await sampled(Math.min(runs, 3), () =>
    naiveRun(context.root, join(dir, 'naive'), lab, target, postgres, check),
  );
  const ratio = median(quick) / median(naive);
  return {
    what: bench.what,
    bar: `p50 <= ${shown(most)}${share ? `, <= ${share} of naive` : ''}`,
    measured: `${shown(median(quick))} (${ratio.toFixed(2)} of naive)`,
    naive: shown(median(naive)),
    holds: median(quick) <= most && (share === undefined || ratio <= share),
    samples: quick,
  };
}

async function savesToVerdicts(
  context: Context,
  lab: Lab,
  task: Task,
  target: string,
  saves: string,
  runs: number,
): Promise<number[]> {
  await using judging = await Judging.open(context, lab, target);
  let saved = Promise.withResolvers<void>();
  await using _saves = await onSave(target, () => saved.resolve());
  const once = () =>
    timed(async () => {
      saved = Promise.withResolvers<void>();
      appendFileSync(join(target, saves), '\n');
      await saved.promise;
      const results = await judging.judge([task], () => {});
      const bad = results.find(({ status }) => status !== 'passed');
      if (bad)
        throw new MachineError(
          `${lab.id} task ${bad.task} ${bad.status}: ${bad.tests.flatMap(({ failures }) => failures)[0]?.message}`,
        );
    });
  // The first makes the lab's template, and the snapshot of its migrations.
  await once();
  // Awaited here: the watcher goes when this function returns.
  return await sampled(runs, once);
}

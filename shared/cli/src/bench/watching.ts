import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { layOut, type Lab, type Overlay, type Task } from '@backend-labs/catalog';
import type { RunEvent, TaskVerdict } from '@backend-labs/protocol';
import type { ServerAddress } from '@backend-labs/stack';
import { Judging, onSave } from '@backend-labs/workbench';
import type { Context } from '../context.ts';
import { MachineError } from '../errors.ts';
import { naiveRun, type NaiveCheck } from './naive.ts';
import { type BenchRow, median, sampled, shown } from './sample.ts';

export interface WatchBench {
  /** Completes "save to verdict, …". */
  readonly what: string;
  readonly lab: Lab;
  /** One of the lab's solutions. */
  readonly overlay: Overlay;
  /** The starter fails one of its points. */
  readonly task: Task;
  /** The file that is saved, relative to the lab. */
  readonly saves: string;
  readonly check: NaiveCheck;
  /** Bars for medians, in ms: to the first failing point, and to the verdict. */
  readonly most: { readonly failing: number; readonly verdict: number };
  /** Bar for what the verdict takes beside the tests themselves, in ms. */
  readonly beside?: number;
  /** Bar for the ratio to the naive way, where the design sets one. */
  readonly share?: number;
}

/** What one save came to, in ms. */
interface Save {
  /** From the save to the first point that failed; NaN when all passed. */
  readonly failing: number;
  /** From the save to the verdict on the task. */
  readonly verdict: number;
  /** What the tests themselves took: the lease, the start of the service and the requests. */
  readonly tests: number;
}

/**
 * From a save to its first failing point and to its verdict, in a watch that is open, beside a cold run
 * that does it all itself.
 */
export async function benchWatch(
  context: Context,
  postgres: ServerAddress,
  runs: number,
  bench: WatchBench,
): Promise<BenchRow[]> {
  const { what, lab, overlay, task, check, most, beside, share } = bench;
  const dir = join(context.stateDir, 'bench', lab.id);
  const work = { context, bench, runs };
  const red = await saved(work, join(dir, 'red'), []);
  const green = await saved(work, join(dir, 'work'), overlay.layers);
  const naive = await sampled(Math.min(runs, 3), () =>
    naiveRun(context.root, join(dir, 'naive'), lab, join(dir, 'work'), postgres, check),
  );
  const failing = red.map((save) => save.failing);
  if (failing.some(Number.isNaN)) {
    throw new MachineError(`${lab.id} task ${task.number} of the starter has no failing point.`);
  }
  const verdict = green.map((save) => save.verdict);
  const rest = green.map((save) => save.verdict - save.tests);
  const ratio = median(verdict) / median(naive);
  const row = (title: string, samples: number[], bar: number): BenchRow => ({
    what: `${title}, ${what}`,
    bar: `p50 <= ${shown(bar)}`,
    measured: shown(median(samples)),
    naive: shown(median(naive)),
    holds: median(samples) <= bar,
    samples,
  });
  const whole = row('save to verdict', verdict, most.verdict);
  return [
    row('save to first failing point', failing, most.failing),
    ...(beside === undefined ? [] : [row('verdict beside its tests', rest, beside)]),
    {
      ...whole,
      bar: `${whole.bar}${share ? `, <= ${share} of naive` : ''}`,
      measured: `${whole.measured} (${ratio.toFixed(2)} of naive)`,
      holds: whole.holds && (share === undefined || ratio <= share),
    },
  ];
}

async function saved(
  { context, bench, runs }: { context: Context; bench: WatchBench; runs: number },
  target: string,
  layers: Overlay['layers'],
): Promise<Save[]> {
  const { lab, task, saves } = bench;
  layOut(lab, layers, target);
  await using judging = await Judging.open(context, lab, target, { ahead: true });
  let seen = Promise.withResolvers<void>();
  await using _saves = await onSave(target, () => seen.resolve());
  const once = async (): Promise<Save> => {
    seen = Promise.withResolvers<void>();
    const started = performance.now();
    const clock = new Clock(started, task);
    appendFileSync(join(target, saves), '\n');
    await seen.promise;
    const results = await judging.judge([task], clock.onEvent);
    const bad = results.find(({ status }) => status !== (layers.length > 0 ? 'passed' : 'failed'));
    if (bad) throw new MachineError(`${lab.id} task ${bad.task} ${bad.status}: ${reasonOf(bad)}`);
    return clock.save;
  };
  // The first makes the lab's template, and the snapshot of its migrations.
  await once();
  const found: Save[] = [];
  while (found.length < runs) found.push(await once());
  return found;
}

/** Reads the time at the events that a learner sees. */
class Clock {
  readonly #started: number;
  readonly #task: Task;
  save: Save = { failing: Number.NaN, verdict: Number.NaN, tests: 0 };

  constructor(started: number, task: Task) {
    this.#started = started;
    this.#task = task;
  }

  readonly onEvent = (event: RunEvent): void => {
    const now = performance.now() - this.#started;
    const { failing, tests } = this.save;
    if (event.type === 'point judged' && event.point.status === 'failed' && Number.isNaN(failing)) {
      this.save = { ...this.save, failing: now };
    } else if (event.type === 'test ended') {
      this.save = { ...this.save, tests: tests + event.test.duration };
    } else if (event.type === 'task decided' && event.verdict.task === this.#task.number) {
      this.save = { ...this.save, verdict: now };
    }
  };
}

function reasonOf({ tests, trouble }: TaskVerdict): string | undefined {
  return trouble?.message ?? tests.flatMap(({ failures }) => failures)[0]?.message;
}

/** One line of the table. */
export interface BenchRow {
  readonly what: string;
  /** As the design states it. */
  readonly bar: string;
  /** With its unit. */
  readonly measured: string;
  /** The naive way in the same run, where there is one. */
  readonly naive?: string;
  readonly holds: boolean;
  /** Every sample, in ms unless `what` says otherwise. */
  readonly samples: readonly number[];
}

/** Milliseconds that a piece of work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Runs a measurement `count` times, one after the other. */
export async function sampled(count: number, measure: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < count; run++) samples.push(await measure());
  return samples;
}

/** The median: p50. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** "842 ms", "2.41 s". */
export function shown(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(2)} s`;
}

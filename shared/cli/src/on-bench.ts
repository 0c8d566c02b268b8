import { type Bench, type Progress, readProgress } from '@backend-labs/workbench';
import type { Context } from './context.ts';
import { Waiting } from './ui/progress-line.ts';

/** Progress, with a line to the person when the file was damaged. */
export async function loadProgress(stateDir: string): Promise<Progress> {
  const { progress, note } = await readProgress(stateDir);
  if (note) process.stderr.write(`labs: ${note}\n`);
  return progress;
}

/** Runs work on the bench, with words on the terminal when it takes a while. */
export async function withBench<T>(
  { root, stateDir }: Context,
  doing: string,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  using waiting = new Waiting(doing);
  return await work({ root, stateDir, onProgress: waiting.say });
}

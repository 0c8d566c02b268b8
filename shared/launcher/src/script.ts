import { addAbortListener } from 'node:events';
import { ServiceError } from './errors.ts';
import { launch, type LaunchOptions } from './launch.ts';
import type { Exit } from './program.ts';

export { MIGRATE } from './launch.ts';

const WITHIN_MS = 45_000;

export interface RunScriptOptions extends LaunchOptions {
  /** Milliseconds until `SCRIPT_TOO_SLOW`; 45,000 when left out. */
  readonly within?: number;
  /** Kills the script. */
  readonly signal?: AbortSignal | undefined;
}

/** How a script of package.json ended. Of each stream the last megabyte is kept. */
export interface ScriptResult extends Exit {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/**
 * Runs a script of package.json to its end, whatever its exit code.
 *
 * @throws ServiceError `SCRIPT_TOO_SLOW`, or as `launch` does.
 */
export async function runScript(options: RunScriptOptions): Promise<ScriptResult> {
  const { within = WITHIN_MS, signal, ...launched } = options;
  await using program = await launch(launched);
  using _abort = signal && addAbortListener(signal, () => void program.kill());
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void program.kill();
  }, within);
  const exit = await program.exited;
  clearTimeout(timer);
  if (late) {
    const limit = Math.round(within).toLocaleString('en-US');
    const message = `npm run ${launched.script} did not finish within ${limit} ms.`;
    throw new ServiceError('SCRIPT_TOO_SLOW', message);
  }
  return { ...exit, stdout: program.stdout.lines(), stderr: program.stderr.lines() };
}

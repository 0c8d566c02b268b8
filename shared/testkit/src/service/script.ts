import {
  describeExit,
  MIGRATE,
  runScript as run,
  type RunScriptOptions,
  type ScriptResult,
} from '@backend-labs/launcher';
import { ServiceError } from '../errors.ts';
import { lastErrors } from './evidence.ts';
import { parseLogLine } from './logs.ts';

export type { ScriptResult } from '@backend-labs/launcher';

const MOST_PLAIN_LINES = 5;

/** A migration gets the lease's `DATABASE_URL` and no more of it. */
export type ScriptOptions = Omit<RunScriptOptions, 'script' | 'output'>;

/** Runs a script of the target's package.json to its end, whatever its exit code. */
export function runScript(script: string, options: ScriptOptions): Promise<ScriptResult> {
  return run({ script, ...options });
}

/** Runs the target's `migrate` script. Throws `MIGRATION_FAILED` with what it wrote about the error. */
export async function migrate(options: ScriptOptions): Promise<ScriptResult> {
  const result = await runScript(MIGRATE, options);
  if (result.code === 0) return result;
  const { stdout, stderr } = result;
  const entries = stdout.flatMap((line) => parseLogLine(line) ?? []);
  const plain = stdout.filter((line) => parseLogLine(line) === undefined).slice(-MOST_PLAIN_LINES);
  const said = [...plain, ...lastErrors({ entries, stderr })];
  throw new ServiceError(
    'MIGRATION_FAILED',
    [
      `npm run migrate ended with ${describeExit(result)}.`,
      ...said.map((line) => `  ${line}`),
    ].join('\n'),
  );
}

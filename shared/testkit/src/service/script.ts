import type { Lease } from '@backend-labs/stack';
import { ServiceError } from '../errors.ts';
import { Child, describeExit, type Exit } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import { deadline, ms } from '../wait/deadline.ts';
import { lastErrors } from './evidence.ts';
import { parseLogLine } from './logs.ts';
import { scriptCommand } from './package-scripts.ts';
import type { Target } from './service.ts';

const WITHIN_MS = 45_000;
const MOST_PLAIN_LINES = 5;

export interface ScriptOptions {
  readonly run: Target;
  readonly lease?: Pick<Lease, 'env'>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Put behind the script's own arguments. */
  readonly args?: readonly string[];
  /** Milliseconds until `SCRIPT_TOO_SLOW`; 45,000 unless told. */
  readonly within?: number;
}

/** How a script of package.json went. */
export interface ScriptResult extends Exit {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Runs a script of the target's package.json to its end, whatever its exit code. */
export async function runScript(script: string, options: ScriptOptions): Promise<ScriptResult> {
  const { run, lease, env, args = [], within = WITHIN_MS } = options;
  const command = await scriptCommand(run.target, script);
  await using child = await Child.spawn({
    command: { file: command.file, args: [...command.args, ...args] },
    cwd: run.target,
    env: childEnvironment(run.target, { ...lease?.env, ...env }, run.stateDir),
  });
  const late = (): Error =>
    new ServiceError('SCRIPT_TOO_SLOW', `npm run ${script} did not end within ${ms(within)}.`);
  const exit = await deadline(child.exited, within, late);
  return { ...exit, stdout: child.stdout.lines(), stderr: child.stderr.lines() };
}

/** Runs the target's `migrate` script. Throws `MIGRATION_FAILED` with what it said of the error. */
export async function migrate(options: ScriptOptions): Promise<ScriptResult> {
  const result = await runScript('migrate', options);
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

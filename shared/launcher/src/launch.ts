import { programEnvironment, type Target, type Variables } from './environment.ts';
import { scriptCommand } from './package-scripts.ts';
import { type Output, Program } from './program.ts';

/** The script that prepares the database. */
export const MIGRATE = 'migrate';

export interface LaunchOptions {
  readonly run: Target;
  /** A script of package.json. */
  readonly script: string;
  /** Put behind the script's own arguments. */
  readonly args?: readonly string[] | undefined;
  /** Whose `DATABASE_URL` and so on the program gets. */
  readonly lease?: { readonly env: Variables } | undefined;
  /** Added to the lease, or in place of it. */
  readonly env?: Variables | undefined;
  readonly output?: Output | undefined;
}

/**
 * Starts a script of a learner's package.json. All programs of learners start here.
 *
 * @throws ServiceError `NO_SCRIPT`, `CRASHED_AT_START`.
 * @throws LauncherError
 */
export async function launch(options: LaunchOptions): Promise<Program> {
  const { run, script, args, lease, output } = options;
  const command = await scriptCommand(run.target, script, args);
  const given = { ...leased(script, lease?.env), ...options.env };
  const env = programEnvironment(run, given);
  const spec = { command, cwd: run.target, env, given: args, sandbox: run.sandbox };
  return Program.start(spec, output);
}

/**
 * A migration sees the database and no other server. Tests run it once and copy the database that it
 * made, so nothing that it did elsewhere would be there for them.
 */
function leased(script: string, env: Variables = {}): Variables {
  return script === MIGRATE ? { DATABASE_URL: env['DATABASE_URL'] } : env;
}

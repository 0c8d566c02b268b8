import { LauncherError } from '../errors.ts';

/** None of the program's code has run: it is not at fault. */
export function noSandbox(why: string): LauncherError {
  const fix = 'Run `labs doctor`, and see what the README says about the sandbox';
  return new LauncherError('NO_SANDBOX', `The sandbox could not be started: ${why}.`, fix);
}

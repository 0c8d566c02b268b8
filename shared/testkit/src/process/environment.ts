import { delimiter, dirname, join } from 'node:path';

/** Variables of the machine that a program needs to run at all. */
const KEPT = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];

/**
 * The environment of a child process: a few of the machine's variables and then `extra`. The rest
 * of ours stays out, because vitest sets `NODE_ENV`, `MODE` and others that change what a service does.
 * An `undefined` in `extra` takes a variable away. `stateDir` is where Node may keep compiled code.
 */
export function childEnvironment(
  target: string,
  extra: Readonly<Record<string, string | undefined>>,
  stateDir?: string,
): Record<string, string> {
  const env: Record<string, string | undefined> = {
    ...Object.fromEntries(KEPT.map((name) => [name, process.env[name]])),
    PATH: [join(target, 'node_modules', '.bin'), dirname(process.execPath), process.env['PATH']]
      .filter((part) => part !== undefined)
      .join(delimiter),
    NO_COLOR: '1',
    // Halves the time that a service of a few packages needs to start (0.24 to 0.13 s of CPU).
    NODE_COMPILE_CACHE: stateDir && join(stateDir, 'compile-cache'),
    ...extra,
  };
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

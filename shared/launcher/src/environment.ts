import { delimiter, dirname, join, relative } from 'node:path';
import type { RunContext } from '@backend-labs/protocol';
import { LauncherError } from './errors.ts';

/** The folder with the learner's program. Node may keep compiled code in `stateDir`. */
export type Target = Pick<RunContext, 'target'> & Partial<Pick<RunContext, 'stateDir' | 'sandbox'>>;

/** `undefined` takes a variable away. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Variables of the machine that a program needs to run at all. */
const ALLOWED = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];

/** Ours: among them are the administrators' URLs of the servers. */
const OURS = /^LABS_/u;

/**
 * The whole environment of a learner's program: the allowed variables of this process, and then
 * `extra`. Nothing else of this process gets through: Vitest sets `NODE_ENV`, `MODE` and others that
 * change what a service does, and a person's shell may hold anything.
 *
 * @throws LauncherError `MISUSED` when `extra` has a `LABS_` variable; `PATH_UNUSABLE`.
 */
export function programEnvironment(
  { target, stateDir }: Target,
  extra: Variables = {},
): Record<string, string> {
  const env: Record<string, string | undefined> = {
    ...Object.fromEntries(ALLOWED.map((name) => [name, process.env[name]])),
    PATH: searchPath(target),
    NO_COLOR: '1',
    // Halves the time that a service of a few packages needs to start (0.24 to 0.13 s of CPU).
    NODE_COMPILE_CACHE: stateDir && join(stateDir, 'compile-cache'),
    ...extra,
  };
  const set = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const leak = set.find(([name]) => OURS.test(name));
  if (leak) {
    throw new LauncherError(
      'MISUSED',
      `A learner's program must not see ${leak[0]}.`,
      'give the variable another name, or leave it out',
    );
  }
  return Object.fromEntries(set);
}

/** Where a program listens: the variables that hosts give to a service. */
export function listenOn(port: number): Variables {
  return { PORT: String(port), HOST: '127.0.0.1' };
}

/**
 * The program's packages first, then our Node, then the machine's programs.
 *
 * @param node the folder of the Node to use.
 */
export function searchPath(
  target: string,
  node = dirname(process.execPath),
  machine = process.env['PATH'],
): string {
  const ours = [join(target, 'node_modules', '.bin'), node].map((dir) => asOneEntry(target, dir));
  return [...ours, machine].filter((part) => part !== undefined).join(delimiter);
}

/** PATH knows no quoting: a folder with `:` in its name would be read as two. */
function asOneEntry(target: string, dir: string): string {
  if (!dir.includes(delimiter)) return dir;
  // Programs start in `target`, and mostly the `:` is in the name of a folder above both.
  const path = relative(target, dir);
  if (!path.includes(delimiter)) return path;
  throw new LauncherError(
    'PATH_UNUSABLE',
    `${dir} has a "${delimiter}" in its name, so it cannot be put on the PATH.`,
    `move it to a folder without "${delimiter}" in its name`,
  );
}

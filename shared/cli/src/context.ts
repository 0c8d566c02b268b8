import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folders and the environment of every command. */
export interface Context {
  /** The repository. */
  readonly root: string;
  /** The folder whose `labs/` is the catalogue: the repository, or `LABS_CATALOG`, a variant's. */
  readonly catalog: string;
  /** `.labs`, or `LABS_STATE`. */
  readonly stateDir: string;
  /** The folder in which the person typed the command: relative paths start here. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export function contextFrom(env: NodeJS.ProcessEnv): Context {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
  // npm and pnpm run scripts from the root; INIT_CWD is the person's folder.
  const cwd = env['INIT_CWD'] ?? process.cwd();
  const state = env['LABS_STATE'];
  const catalog = env['LABS_CATALOG'];
  return {
    root,
    cwd,
    env,
    catalog: catalog ? resolve(cwd, catalog) : root,
    stateDir: state ? resolve(cwd, state) : join(root, '.labs'),
  };
}

/** A path as a person would type it. */
export function shownPath(path: string, { cwd }: Pick<Context, 'cwd'>): string {
  if (path === cwd) return '.';
  if (path.startsWith(`${cwd}/`)) return path.slice(cwd.length + 1);
  const home = homedir();
  return home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

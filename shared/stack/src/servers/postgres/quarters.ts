import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, ServerUnavailable } from '../../errors.ts';
import { checkoutId, type Home } from '../../state.ts';
import { type Programs, relocated } from './programs.ts';

const run = promisify(execFile);

/** Who runs Postgres, and from where. */
export interface Quarters {
  /** Data and configuration go in here. */
  readonly dir: string;
  readonly programs: Programs;
  /** Empty unless we are root, as whom Postgres refuses to run. */
  readonly user: User;
}

type User = { readonly uid?: number; readonly gid?: number };

/**
 * An ordinary user gets the server's own folder. For root, Postgres runs as `nobody`; when that
 * user cannot walk into the folder or to the programs (a checkout under a private home), both move
 * to a folder of this checkout's under the system's temporary one.
 */
export async function chooseQuarters(
  home: Home,
  dir: string,
  programs: Programs,
): Promise<Quarters> {
  if (process.getuid?.() !== 0) return { dir, programs, user: {} };
  const user = await nobody();
  const own = join(dir, 'quarters');
  await makeOwned(own, user);
  const [reachesDir, reachesPrograms] = await Promise.all([
    may(user, '-w', own),
    may(user, '-x', programs.postgres),
  ]);
  if (reachesDir && reachesPrograms) return { dir: own, programs, user };
  return moveOut(home, programs, user, reachesDir ? own : undefined);
}

/** All places that `chooseQuarters` may have chosen, now or as another user. */
export function possibleQuarters(home: Home, dir: string): readonly string[] {
  return [dir, join(dir, 'quarters'), ...outside(home)];
}

function outside(home: Home): readonly string[] {
  const name = join(`backend-labs-${checkoutId(home)}`, 'postgres');
  return [...new Set([tmpdir(), '/var/tmp', '/tmp'])].map((base) => join(base, name));
}

async function moveOut(
  home: Home,
  programs: Programs,
  user: User,
  usable: string | undefined,
): Promise<Quarters> {
  for (const dir of usable === undefined ? outside(home) : [usable]) {
    await makeOwned(dir, user).catch(() => {});
    if (!(await may(user, '-w', dir))) continue;
    return { dir, programs: await copyPrograms(programs, dir), user };
  }
  throw new ServerUnavailable(
    'SERVER_BROKEN',
    'postgres',
    'Postgres does not run as root, and the user nobody can reach no temporary folder',
    'run as an ordinary user, or set LABS_POSTGRES_URL',
  );
}

async function copyPrograms(programs: Programs, dir: string): Promise<Programs> {
  const copy = join(dir, `programs-${programs.major}`);
  const whole = await stat(join(copy, 'whole')).catch(() => undefined);
  if (whole !== undefined) return relocated(programs, copy);
  try {
    await rm(copy, { recursive: true, force: true });
    await cp(programs.dir, copy, { recursive: true, verbatimSymlinks: true });
    await mkdir(join(copy, 'whole'));
  } catch (error) {
    throw asStateError(copy, error);
  }
  return relocated(programs, copy);
}

async function makeOwned(dir: string, user: User): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o711);
    await chown(dir, user.uid ?? 0, user.gid ?? 0);
  } catch (error) {
    throw asStateError(dir, error);
  }
}

/** Asks as that user: access lists and private parents count as they will for the server. */
async function may(user: User, flag: '-w' | '-x', path: string): Promise<boolean> {
  return run('/bin/sh', ['-c', `test ${flag} "$0"`, path], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function nobody(): Promise<User> {
  try {
    const [uid, gid] = await Promise.all([
      run('id', ['-u', 'nobody']),
      run('id', ['-g', 'nobody']),
    ]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      'postgres',
      'Postgres does not run as root, and this machine has no user nobody to run it as',
      'run as an ordinary user, or set LABS_POSTGRES_URL',
      error,
    );
  }
}

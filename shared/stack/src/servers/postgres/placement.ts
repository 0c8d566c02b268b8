import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, ServerUnavailable } from '../../errors.ts';
import { checkoutId, type StackContext } from '../../state.ts';
import { type Programs, relocated } from './programs.ts';

const run = promisify(execFile);

/** Where Postgres runs, and as which user. */
export interface Placement {
  /** For its data and configuration. */
  readonly dir: string;
  readonly programs: Programs;
  /** Empty unless we are root: Postgres refuses to run as root. */
  readonly user: User;
}

type User = { readonly uid?: number; readonly gid?: number };

/**
 * For an ordinary user it is the server's own folder. For root, Postgres runs as `nobody`. If that
 * user cannot reach the folder or the programs (e.g. a checkout under a private home), both go to a
 * folder of this checkout under the system's temporary folder.
 */
export async function choosePlacement(
  context: StackContext,
  dir: string,
  programs: Programs,
): Promise<Placement> {
  if (process.getuid?.() !== 0) return { dir, programs, user: {} };
  const user = await nobody();
  const own = join(dir, 'nobody');
  await makeOwned(own, user);
  const [reachesDir, reachesPrograms] = await Promise.all([
    may(user, '-w', own),
    may(user, '-x', programs.postgres),
  ]);
  if (reachesDir && reachesPrograms) return { dir: own, programs, user };
  return moveOut(context, programs, user, reachesDir ? own : undefined);
}

/** Every folder that `choosePlacement` may have chosen, now or as another user. */
export function possiblePlacements(context: StackContext, dir: string): readonly string[] {
  return [dir, join(dir, 'nobody'), ...outside(context)];
}

function outside(context: StackContext): readonly string[] {
  const name = join(`backend-labs-${checkoutId(context)}`, 'postgres');
  return [...new Set([tmpdir(), '/var/tmp', '/tmp'])].map((base) => join(base, name));
}

async function moveOut(
  context: StackContext,
  programs: Programs,
  user: User,
  usable: string | undefined,
): Promise<Placement> {
  for (const dir of usable === undefined ? outside(context) : [usable]) {
    await makeOwned(dir, user).catch(() => {});
    if (!(await may(user, '-w', dir))) continue;
    return { dir, programs: await copyPrograms(programs, dir), user };
  }
  throw new ServerUnavailable(
    'SERVER_BROKEN',
    'postgres',
    'Postgres does not run as root, and the user nobody cannot reach any temporary folder',
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

/** Runs the question as that user, because access lists and private parent folders count too. */
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

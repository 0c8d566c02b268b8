import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, rm, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, ServerUnavailable } from '../../errors.ts';
import { plainPaths } from '../../plain-path.ts';
import type { StackContext } from '../../state.ts';
import { OWN_SERVER, type Programs, relocated } from './programs.ts';

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

/** initdb writes the path of its programs between double quotes for a shell. */
const SHELL_READS = /["$`\\%\n]/;

/**
 * For an ordinary user it is the server's own folder. For root, Postgres runs as `nobody`. If that
 * user cannot reach the folder or the programs (e.g. a checkout under a private home), both go to a
 * folder of this checkout under the system's temporary folder. So do programs whose path a shell would
 * change.
 */
export async function choosePlacement(
  context: StackContext,
  dir: string,
  programs: Programs,
): Promise<Placement> {
  const user = process.getuid?.() === 0 ? await nobody() : named();
  const own = user.uid === undefined ? dir : join(dir, 'nobody');
  await makeOwned(own, user);
  const [reachesDir, reachesPrograms] = await Promise.all([
    may(user, '-w', own),
    may(user, '-x', programs.postgres),
  ]);
  const quotable = !SHELL_READS.test(programs.dir);
  if (reachesDir && reachesPrograms && quotable) return { dir: own, programs, user };
  const copyInOwn = reachesDir && !SHELL_READS.test(own);
  return moveOut(context, programs, user, copyInOwn ? own : undefined);
}

/** Every folder that `choosePlacement` may have chosen, now or as another user. */
export function possiblePlacements(context: StackContext, dir: string): readonly string[] {
  return [dir, join(dir, 'nobody'), ...plainPaths(context, 'postgres')];
}

async function moveOut(
  context: StackContext,
  programs: Programs,
  user: User,
  usable: string | undefined,
): Promise<Placement> {
  for (const dir of usable === undefined ? plainPaths(context, 'postgres') : [usable]) {
    await makeOwned(dir, user, true).catch(() => {});
    if (!(await may(user, '-w', dir))) continue;
    return { dir, programs: await copyPrograms(programs, dir), user };
  }
  throw new ServerUnavailable(
    'SERVER_BROKEN',
    'postgres',
    'Postgres does not run as root, and the user nobody cannot reach any temporary folder',
    OWN_SERVER,
  );
}

async function copyPrograms(programs: Programs, dir: string): Promise<Programs> {
  const copy = join(dir, `programs-${programs.major}`);
  const whole = await stat(join(copy, 'whole')).catch(() => undefined);
  if (whole !== undefined) return relocated(programs, copy);
  try {
    await rm(copy, { recursive: true, force: true });
    await cp(programs.dir, copy, { recursive: true, verbatimSymlinks: true });
    // Whatever the umask of this shell: the copy is for the user nobody.
    await run('chmod', ['-R', 'a+rX', copy]);
    await mkdir(join(copy, 'whole'));
  } catch (error) {
    throw asStateError(copy, error);
  }
  return relocated(programs, copy);
}

/** @param parent whether the folder above is ours too, and made here. */
async function makeOwned(dir: string, user: User, parent = false): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    if (user.uid === undefined) return;
    // Not by mkdir: the umask would take the right to walk through away again.
    for (const made of parent ? [dirname(dir), dir] : [dir]) await chmod(made, 0o711);
    await chown(dir, user.uid ?? 0, user.gid ?? 0);
  } catch (error) {
    throw asStateError(dir, error);
  }
}

/** Runs the question as that user, because access lists and private parent folders count too. */
export async function may(user: User, flag: '-w' | '-x', path: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', `test ${flag} "$0"`, path], { ...user, cwd: '/' });
    return true;
  } catch {
    // The answer is no, or this process may not become that user.
    return false;
  }
}

async function nobody(): Promise<User> {
  let user: User;
  try {
    const [uid, gid] = await Promise.all([
      run('id', ['-u', 'nobody']),
      run('id', ['-g', 'nobody']),
    ]);
    user = { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      'postgres',
      'Postgres does not run as root, and this machine has no user nobody to run it as',
      OWN_SERVER,
      error,
    );
  }
  if (await may(user, '-x', '/bin/sh')) return user;
  throw new ServerUnavailable(
    'SERVER_ABSENT',
    'postgres',
    'Postgres does not run as root, and this root may not start programs as another user (`unshare -r` makes such a root)',
    OWN_SERVER,
  );
}

/** Postgres asks for the name of its user, and ends without one. */
function named(): User {
  try {
    userInfo();
    return {};
  } catch (error) {
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    throw new ServerUnavailable(
      'SERVER_ABSENT',
      'postgres',
      `Postgres needs a user with a name, and this is user number ${uid}, which has none`,
      `run \`echo 'labs:x:${uid}:${gid}::/tmp:/bin/sh' | sudo tee -a /etc/passwd\``,
      error,
    );
  }
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { asStateError, errorCode, StackError } from './errors.ts';
import { type StackContext, makeDir } from './state.ts';

// Longer than any start. The longest is the first `apt-get install` of Erlang on a slow connection.
const DEADLINE_MS = 10 * 60_000;
// A holder renews its lock every second, so after 5 s without a renewal it was killed.
const STALE_MS = 5000;

/**
 * Runs `work` while no other process of this machine holds the lock `name`.
 * A holder that was killed loses it after 5 s. Throws `LOCK_TIMEOUT` after 10 minutes.
 */
export async function withLock<T>(
  context: StackContext,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const release = await takeLock(context, name);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** The same for work that is not one function: call the result to release the lock. */
export async function takeLock(context: StackContext, name: string): Promise<() => Promise<void>> {
  const dir = join(context.stateDir, 'locks');
  const path = join(dir, name);
  await makeDir(dir);
  await writeFile(path, '', { flag: 'a' }).catch((error: unknown) => {
    throw asStateError(path, error);
  });
  const release = await acquire(context, name, path);
  return async () => {
    await release().catch(() => {
      // The lock was lost or deleted, so there is nothing to release.
    });
  };
}

async function acquire(
  context: StackContext,
  name: string,
  path: string,
): Promise<() => Promise<void>> {
  const begun = performance.now();
  let reported = false;
  for (;;) {
    try {
      return await lockfile.lock(path, { stale: STALE_MS, update: 1000, onCompromised: () => {} });
    } catch (error) {
      if (errorCode(error) !== 'ELOCKED') throw asStateError(path, error);
    }
    const waited = performance.now() - begun;
    if (waited > DEADLINE_MS) {
      throw new StackError(
        'LOCK_TIMEOUT',
        `another command has held the lock '${name}' for 10 minutes`,
        `end that command, or delete ${path}.lock`,
      );
    }
    if (!reported && waited > 1000) {
      reported = true;
      context.progress(`waiting for another command that is using ${name}`);
    }
    await sleep(40);
  }
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { asStateError, errorCode, StackError } from './errors.ts';
import { type Home, makeDir } from './state.ts';

// Longer than any start; a first `apt-get install` of Erlang on a slow line is the longest.
const DEADLINE_MS = 10 * 60_000;
// A holder renews its lock every second, so five seconds of silence mean that it was killed.
const STALE_MS = 5000;

/**
 * Runs `work` while no other process of this machine holds the lock `name`.
 * A holder that was killed loses it after 5 s. Throws `LOCK_TIMEOUT` after ten minutes.
 */
export async function withLock<T>(home: Home, name: string, work: () => Promise<T>): Promise<T> {
  const release = await takeLock(home, name);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** The same for work that has no one function: gives the lock back when the result is called. */
export async function takeLock(home: Home, name: string): Promise<() => Promise<void>> {
  const dir = join(home.stateDir, 'locks');
  const path = join(dir, name);
  await makeDir(dir);
  await writeFile(path, '', { flag: 'a' }).catch((error: unknown) => {
    throw asStateError(path, error);
  });
  const release = await acquire(home, name, path);
  return async () => {
    await release().catch(() => {
      // Lost or deleted meanwhile: nothing is held that could be given back.
    });
  };
}

async function acquire(home: Home, name: string, path: string): Promise<() => Promise<void>> {
  const begun = performance.now();
  let told = false;
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
        `another command has held the lock '${name}' for ten minutes`,
        `end that command, or delete ${path}.lock`,
      );
    }
    if (!told && waited > 1000) {
      told = true;
      home.progress(`waiting for another command that works on ${name}`);
    }
    await sleep(40);
  }
}

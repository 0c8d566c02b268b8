import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { StateBusyError } from './errors.ts';
import { fileTrouble, systemCode, writing } from './file-trouble.ts';

/** If a lock's holder does not refresh it for this long, the command was killed. */
const STALE_MS = 4_000;
/** The least that proper-lockfile allows. */
const SIGN_OF_LIFE_MS = 1_000;
/** Longer than `STALE_MS`, so that a killed command locks nobody out. */
const WAIT_MS = 15_000;
const POLL_MS = 25;

export interface LockRequest {
  /** The `.labs` folder; locks are in its folder `locks`. */
  readonly stateDir: string;
  /** Name of the lock, e.g. `work-01-query-plans`. */
  readonly name: string;
  /** What it guards, for the message, e.g. `your copy of 01-query-plans`. */
  readonly what: string;
  readonly waitMs?: number;
}

/**
 * Waits for the lock, and runs `action` while no other process holds it.
 *
 * @throws StateBusyError if the lock is not free within `waitMs`; WorkReadOnlyError, DiskFullError if
 *   the lock cannot be created.
 */
export async function withLock<T>(request: LockRequest, action: () => Promise<T>): Promise<T> {
  const release = await acquire(request);
  try {
    return await action();
  } finally {
    await release();
  }
}

async function acquire(request: LockRequest): Promise<() => Promise<void>> {
  const { stateDir, name, what, waitMs = WAIT_MS } = request;
  const folder = join(stateDir, 'locks');
  const path = join(folder, `${name}.lock`);
  await writing(folder, () => mkdir(folder, { recursive: true }));
  const deadline = Date.now() + waitMs;
  // The library's own retries would also retry a full disk.
  for (;;) {
    try {
      return await lockOnce(path);
    } catch (error) {
      if (systemCode(error) !== 'ELOCKED') throw fileTrouble(error, path);
      if (Date.now() > deadline) throw new StateBusyError(what, waitMs, path, { cause: error });
    }
    await delay(POLL_MS);
  }
}

async function lockOnce(path: string): Promise<() => Promise<void>> {
  let lost = false;
  const release = await lockfile.lock(path, {
    lockfilePath: path,
    realpath: false,
    stale: STALE_MS,
    update: SIGN_OF_LIFE_MS,
    // For example after a laptop slept. All writes under a lock are whole files, so at worst the last
    // one wins. The library's default is to throw from a timer.
    onCompromised: () => {
      lost = true;
    },
  });
  return async () => {
    if (!lost) await release();
  };
}

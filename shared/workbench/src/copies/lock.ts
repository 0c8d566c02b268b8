import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { StateBusyError } from './errors.ts';
import { fileTrouble, systemCode, writing } from './file-trouble.ts';

/** A lock whose holder gave no sign for this long was left by a killed command. */
const STALE_MS = 4_000;
/** The least that proper-lockfile allows. */
const SIGN_OF_LIFE_MS = 1_000;
/** Longer than a stale lock lasts, so that a killed command never locks anyone out. */
const WAIT_MS = 15_000;
const POLL_MS = 25;

export interface LockRequest {
  /** The `.labs` folder; locks lie in its `locks`. */
  readonly stateDir: string;
  /** Name of the lock, e.g. `work-01-query-plans`. */
  readonly name: string;
  /** What it guards, for the message, e.g. `your copy of 01-query-plans`. */
  readonly what: string;
  readonly waitMs?: number;
}

/**
 * Runs `action` while no other command of any process holds the lock; waits for its turn.
 *
 * @throws StateBusyError when the wait was in vain; WorkReadOnlyError, DiskFullError when no lock
 *   can be made.
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
  // The library's own retries would also retry a full disk, for as long.
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
    // After a laptop slept, say. All writes under a lock are whole files, so the worst is that the
    // last one wins; the library's default is to throw out of a timer.
    onCompromised: () => {
      lost = true;
    },
  });
  return async () => {
    if (!lost) await release();
  };
}

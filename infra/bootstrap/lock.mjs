// @ts-check
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfInterrupted } from './children.mjs';
import { asSystemError } from './failure.mjs';
import { say } from './progress.mjs';

const pollMs = 100;
const heartbeatMs = 2000;

/**
 * @typedef {{ token: string, host: string, pid: number, child?: number }} Holder
 * `child` survives a killed bootstrap, and still writes to the same folder.
 */

/**
 * Runs `work` while no other bootstrap does, on this machine or on another that shares the folder.
 * If the lock holder is gone, its lock is taken over.
 *
 * @template T
 * @param {string} file
 * @param {(lock: { onStart: (pid: number) => void }) => Promise<T>} work `onStart` is for `run`.
 * @param {number} [silenceMs] A holder that has not touched its lock for this long is gone, even if a
 *   process has its id: that may be another process, or one on another machine.
 * @returns {Promise<T>}
 */
export async function withLock(file, work, silenceMs = 20_000) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  /** @type {Holder} */
  const self = { token: randomUUID(), host: os.hostname(), pid: process.pid };
  await acquire(file, self, silenceMs);
  const heartbeat = setInterval(() => touch(file), heartbeatMs);
  try {
    return await work({
      onStart: (pid) => fs.writeFileSync(file, JSON.stringify({ ...self, child: pid })),
    });
  } finally {
    clearInterval(heartbeat);
    if (read(file)?.token === self.token) fs.rmSync(file, { force: true });
  }
}

/**
 * @param {string} file
 * @param {Holder} self
 * @param {number} silenceMs
 */
async function acquire(file, self, silenceMs) {
  let waited = 0;
  let silent = 0;
  let lastTouch = 0;
  while (!create(file, self)) {
    throwIfInterrupted();
    const holder = read(file);
    const touched = touchedAt(file);
    silent = touched === lastTouch ? silent + pollMs : 0;
    lastTouch = touched;
    if ((holder && isGone(holder)) || silent >= silenceMs) {
      evict(file, holder);
      continue;
    }
    if (waited === 1000) say(`Waiting for another run's install (process ${holder?.pid ?? '?'})…`);
    await sleep(pollMs);
    waited += pollMs;
  }
}

/**
 * @param {string} file
 * @param {Holder} self
 */
function create(file, self) {
  try {
    fs.writeFileSync(file, JSON.stringify(self), { flag: 'wx' });
    return true;
  } catch (error) {
    if (asSystemError(error)?.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Two waiters may evict at the same time, and the slower one must not evict the new lock of the quicker
 * one. So the moved file is read again, and moved back if it is another holder's.
 *
 * @param {string} file
 * @param {Holder | undefined} judged
 */
function evict(file, judged) {
  const aside = `${file}.${randomUUID()}`;
  try {
    fs.renameSync(file, aside);
    if (read(aside)?.token !== judged?.token) fs.linkSync(aside, file);
  } catch {
    // Another waiter was quicker. The next round reads its lock.
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

/** @param {Holder} holder */
function isGone({ host, pid, child }) {
  if (host !== os.hostname()) return false;
  return !isAlive(pid) && (child === undefined || !isAlive(child));
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return asSystemError(error)?.code === 'EPERM';
  }
}

/**
 * @param {string} file
 * @returns {Holder | undefined} Undefined if it is gone or incomplete.
 */
function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function touch(file) {
  try {
    const now = new Date();
    fs.utimesSync(file, now, now);
  } catch {
    // Deleted by hand (`rm -rf .labs`). The work continues without a lock.
  }
}

/** @param {string} file */
function touchedAt(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

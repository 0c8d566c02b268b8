import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../bootstrap/lock.mjs';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'labs-lock-'));
  file = join(folder, 'it.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Ten at once; the most that were ever inside together. */
async function crowd(silenceMs?: number): Promise<number> {
  let inside = 0;
  let most = 0;
  const one = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await turn();
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 10 }, () => withLock(file, one, silenceMs)));
  return most;
}

const holder = (pid: number, host = hostname()): string =>
  JSON.stringify({ token: 'somebody', host, pid });

test('one at a time, and nothing stays behind', async () => {
  expect(await crowd()).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('one at a time when all of them find the lock of a dead process', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(file, holder(pid));
  expect(await crowd()).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('a silent lock is taken over from any holder', async () => {
  for (const text of [holder(process.pid), holder(1, 'another-machine'), '']) {
    writeFileSync(file, text);
    expect(await crowd(300)).toBe(1);
  }
});

test('a lock is given back when the work fails', async () => {
  const failing = withLock(file, () => Promise.reject(new TypeError('no')));
  await expect(failing).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual([]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isOrphan, ownerTag } from '../src/owner.ts';
import {
  findByFolder,
  identify,
  isRunning,
  type ProcessId,
  stopProcesses,
} from '../src/process.ts';

interface Sleeper {
  readonly pid: number;
  readonly id: ProcessId;
  readonly ended: Promise<unknown>;
}

/** A process that ignores SIGTERM. */
async function sleeper(...words: string[]): Promise<Sleeper> {
  const script = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";
  const child = spawn(process.execPath, ['-e', script, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const id = await identify(pid);
  if (id === undefined) throw new TypeError('the sleeper did not start');
  return { pid, id, ended };
}

test('a process is not confused with a later one of the same number', async () => {
  const self = await identify(process.pid);
  expect(self?.pid).toBe(process.pid);
  expect(await isRunning({ pid: process.pid, start: 'another' })).toBe(false);
  expect(self !== undefined && (await isRunning(self))).toBe(true);
});

test('a process that ignores SIGTERM is killed after the grace', async () => {
  const { id, ended } = await sleeper();
  await stopProcesses([id], 'SIGTERM', 100);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(await isRunning(id)).toBe(false);
});

test('a process is found by a folder on its command line', async () => {
  const folder = `/nowhere/${process.pid}`;
  const { pid, ended } = await sleeper(`${folder}/data`);
  expect((await findByFolder(folder)).map((found) => found.pid)).toEqual([pid]);
  process.kill(pid, 'SIGKILL');
  await ended;
  expect(await findByFolder(folder)).toEqual([]);
});

test('a name is orphaned when its owner has ended, and not before', async () => {
  const tag = await ownerTag();
  expect(await isOrphan(`lease_x_${tag}_1`, true)).toBe(false);
  const [host, pid] = tag.split('_');
  expect(await isOrphan(`lease_x_${host}_${pid}_00000000_1`, true)).toBe(true);
});

test('a name from another machine is orphaned only if the server is ours alone', async () => {
  const foreign = 'lease_x_ffff_1_00000000_1';
  expect(await isOrphan(foreign, false)).toBe(false);
  expect(await isOrphan(foreign, true)).toBe(true);
});

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStack, stackDown } from '../src/index.ts';
import { findByFolder } from '../src/process.ts';
import { clearMounts, mounts } from '../src/servers/images/mounts.ts';
import { sandbox } from './support/sandbox.ts';

const CAN_MOUNT = process.platform === 'linux' && process.getuid?.() === 0;
const HAS_ENGINE = CAN_MOUNT && existsSync('/usr/sbin/dockerd');

const below = async (dir: string): Promise<string[]> =>
  (await mounts()).flatMap(({ point }) =>
    point === dir || point.startsWith(`${dir}/`) ? [point] : [],
  );

test.skipIf(!CAN_MOUNT)('mounts are cleared in a folder, and not beside it', async () => {
  await using box = await sandbox();
  const dir = join(box.stateDir, 'an engine');
  const deep = join(dir, 'one/two');
  const beside = `${dir} and more`;
  for (const path of [dir, beside]) await mkdir(path);
  const mount = (path: string): unknown =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', path]);
  onTestFinished(() => clearMounts([box.stateDir]));
  execFileSync('mount', ['--bind', dir, dir]);
  await mkdir(join(dir, 'one'));
  mount(join(dir, 'one'));
  await mkdir(deep);
  mount(deep);
  mount(beside);
  expect(await below(dir)).toHaveLength(3);
  await clearMounts([dir]);
  expect(await below(dir)).toEqual([]);
  expect(await below(beside)).toEqual([beside]);
  await clearMounts([beside]);
  expect(await below(beside), 'a whole file system is not ours').toEqual([beside]);
  await clearMounts([box.stateDir]);
});

test.skipIf(!HAS_ENGINE)(
  'the next start of an engine that was killed clears what it left mounted',
  { timeout: 90_000 },
  async () => {
    await using box = await sandbox();
    const options = { ...box.options, prepare: false };
    const start = async (): Promise<string> => {
      const { servers, missing } = await openStack(['images'], options);
      expect(missing).toEqual([]);
      return servers['images']?.url ?? '';
    };
    const folder = (await start()).replace(/^unix:\/\/(.*)\/docker\.sock$/u, '$1');
    const left = async (): Promise<string[]> => [
      ...(await below(folder)),
      ...(await below(box.stateDir)),
    ];
    const usual = (await left()).toSorted();
    expect(usual.length).toBeGreaterThan(0);
    const network = join(folder, 'exec/netns/left');
    for (const { pid } of await findByFolder(box.stateDir)) process.kill(pid, 'SIGKILL');
    await mkdir(network, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', network]);
    await start();
    expect((await left()).toSorted()).toEqual(usual);
    await stackDown(options, ['images']);
    await clearMounts([folder, box.stateDir]);
    await rm(folder, { recursive: true });
  },
);

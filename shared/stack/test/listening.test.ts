import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openStack } from '../src/index.ts';
import { exposedBy } from '../src/listening.ts';
import { findByFolder, identify, type ProcessId } from '../src/process.ts';
import { sandbox } from './support/sandbox.ts';
import { stubProgram } from './support/stub.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A program that listens at these addresses, on any port. */
async function listener(...hosts: string[]): Promise<ProcessId> {
  const script = `let left = process.argv.length - 1;
    for (const host of process.argv.slice(1))
      require('net').createServer().listen(0, host, () => --left || console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script, ...hosts], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const id = await identify(child.pid ?? 0);
  if (id === undefined) throw new TypeError('the listener did not start');
  return id;
}

test('a program that listens on 127.0.0.1 only is not exposed', async () => {
  expect(await exposedBy([await listener('127.0.0.1', '127.0.0.2')])).toEqual([]);
});

test('a program that listens on every address is exposed, with its port', async () => {
  expect(await exposedBy([await listener('127.0.0.1', '0.0.0.0')])).toEqual([
    expect.stringMatching(/^0\.0\.0\.0:\d+$/u),
  ]);
  expect(await exposedBy([await listener('::')])).toHaveLength(1);
});

test('a server that other machines could reach is ended before it is used', async () => {
  await using box = await sandbox();
  // It does not read its configuration, and would not answer a login either.
  await stubProgram(
    'redis-server',
    `exec ${process.execPath} -e "require('net').createServer().listen(0, '0.0.0.0')"`,
  );
  const begun = performance.now();
  const { servers, missing } = await openStack(['redis'], box.options);
  expect(servers).toEqual({});
  expect(missing[0]?.message).toMatch(/listened on 0\.0\.0\.0:\d+/u);
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(await findByFolder(box.stateDir)).toEqual([]);
});

test('a server that somebody opened to other machines is stopped, and started again', async () => {
  await using box = await sandbox();
  const { servers } = await openStack(['redis'], box.options);
  const before = await box.record('redis');
  const client = new Redis(servers.redis?.url ?? '', { retryStrategy: () => null });
  client.on('error', () => {});
  await client.config('SET', 'bind', '0.0.0.0');
  client.disconnect();
  const again = await openStack(['redis'], box.options);
  const after = await box.record('redis');
  expect(again.missing).toEqual([]);
  expect(after.process?.pid).not.toBe(before.process?.pid);
  expect(await exposedBy(after.process === undefined ? [] : [after.process])).toEqual([]);
});

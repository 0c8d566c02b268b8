import { execFile } from 'node:child_process';
import { cp, lstat, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openStack, stackDown } from '../src/index.ts';
import { makeLinks } from '../src/servers/postgres/programs.ts';
import { rows } from './support/postgres.ts';
import { sandbox } from './support/sandbox.ts';

const run = promisify(execFile);
const OPEN = join(import.meta.dirname, 'support/open.ts');

const isRoot = process.getuid?.() === 0;

/** Whether this machine lets us try. */
async function can(...command: string[]): Promise<boolean> {
  const [file = '', ...args] = command;
  return run(file, args).then(
    () => true,
    () => false,
  );
}

interface Opened {
  readonly servers: Readonly<Record<string, { readonly url: string }>>;
  readonly missing: readonly { readonly code: string; readonly message: string }[];
}

/** Opens servers below a command that makes the machine odd. */
async function openBelow(
  stateDir: string,
  below: readonly string[],
  ...names: string[]
): Promise<Opened> {
  const [file = '', ...args] = below;
  const { stdout } = await run(file, [...args, process.execPath, OPEN, stateDir, ...names]);
  return JSON.parse(stdout);
}

test.runIf(isRoot).for(['027', '077'])('servers start with umask %s, as root', async (umask) => {
  await using box = await sandbox();
  const below = ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];
  const { missing } = await openBelow(box.stateDir, below, 'postgres', 'redis');
  expect(missing).toEqual([]);
});

test
  .runIf(isRoot && (await can('unshare', '-m', 'mount', '-t', 'tmpfs', 'x', '/dev/shm')))
  .for(['mode=0700', 'mode=1777,size=8k'])(
  'Postgres starts, and keeps its data, with a /dev/shm of %s',
  async (options) => {
    await using box = await sandbox();
    const mount = `mount -t tmpfs -o ${options} x /dev/shm; exec "$@"`;
    const below = ['unshare', '-m', 'sh', '-c', mount, 'sh'];
    const { servers } = await openStack(['postgres'], box.options);
    await rows(servers.postgres?.url ?? '', 'CREATE TABLE kept AS SELECT 7 AS n');
    await stackDown(box.options);
    const opened = await openBelow(box.stateDir, below, 'postgres');
    expect(opened.missing).toEqual([]);
    const url = opened.servers['postgres']?.url ?? '';
    expect(await rows(url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  },
);

test.runIf(await can('unshare', '-Ur', 'true'))(
  'a root without the right to become another user gets one sentence',
  async () => {
    await using box = await sandbox();
    const opened = await openBelow(box.stateDir, ['unshare', '-Ur'], 'postgres', 'redis');
    expect(opened.missing).toEqual([
      { code: 'SERVER_ABSENT', message: expect.stringContaining('may not start programs as') },
    ]);
    expect(Object.keys(opened.servers)).toEqual(['redis']);
  },
);

const ids = ['--reuid=12345', '--regid=12345', '--clear-groups'];
test.runIf(isRoot && (await can('setpriv', ...ids, process.execPath, OPEN, '/nowhere')))(
  'a user without a name gets one sentence',
  async () => {
    await using box = await sandbox(0o777);
    const opened = await openBelow(box.stateDir, ['setpriv', ...ids], 'postgres', 'redis');
    expect(opened.missing).toEqual([
      { code: 'SERVER_ABSENT', message: expect.stringContaining('user number 12345') },
    ]);
  },
);

test('links that an install script would have made are made without it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'labs-links-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const native = join(dir, 'native');
  await cp(import.meta.dirname, native, { recursive: true });
  await writeFile(
    join(native, 'pg-symlinks.json'),
    JSON.stringify([
      { source: 'native/odd-machines.test.ts', target: 'native/lib/one' },
      { source: 'native/odd-machines.test.ts', target: 'native/two' },
    ]),
  );
  await symlink('odd-machines.test.ts', join(native, 'two'));
  await makeLinks(native);
  await makeLinks(native);
  expect((await lstat(join(native, 'lib/one'))).isSymbolicLink()).toBe(true);
});

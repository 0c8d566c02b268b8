import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openStack, stackDown, stackStatus } from '../src/index.ts';
import { findByFolder, identify, isRunning } from '../src/process.ts';
import { inProcess, sandbox, type Sandbox } from './support/sandbox.ts';
import { rows } from './support/postgres.ts';

/** On a busy machine a second, vitest's default, is soon over. */
const PATIENCE = { timeout: 20_000 };

async function start(box: Sandbox): Promise<string> {
  const { servers, missing } = await openStack(['postgres'], box.options);
  expect(missing).toEqual([]);
  expect(servers.postgres?.provision).toBe('native');
  expect(servers.postgres?.version).toMatch(/^18\./u);
  return servers.postgres?.url ?? '';
}

async function dataDir(box: Sandbox): Promise<string> {
  return (await box.record('postgres')).dataDir ?? '';
}

test('a server is found again by the next command', async () => {
  await using box = await sandbox();
  const url = await start(box);
  expect(await start(box)).toBe(url);
  expect(box.progress).toEqual(['starting postgres']);
});

test('a killed server is started again with its data', async () => {
  await using box = await sandbox();
  await rows(await start(box), 'CREATE TABLE kept AS SELECT 7 AS n');
  const { process: server } = await box.record('postgres');
  // Without a process of ours a number 0 would end this test's own group.
  if (server === undefined) throw new TypeError('postgres has no process of ours');
  process.kill(server.pid, 'SIGKILL');
  await vi.waitUntil(async () => !(await isRunning(server)), PATIENCE);
  const [status] = await stackStatus(box.options);
  expect(status).toMatchObject({ name: 'postgres', state: 'broken' });
  expect(await rows(await start(box), 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
});

test('a process that has the recorded number is not taken for the server', async () => {
  await using box = await sandbox();
  await start(box);
  const record = await box.record('postgres');
  await stackDown(box.options);
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(stranger, 'spawn');
  const pid = stranger.pid ?? 0;
  const file = join(box.stateDir, 'servers/postgres/server.json');
  await writeFile(file, JSON.stringify({ ...record, process: { pid, start: '1' } }));
  await writeFile(join(record.dataDir ?? '', 'postmaster.pid'), `${pid}\n`);
  await start(box);
  await stackDown(box.options);
  expect(await identify(pid)).toBeDefined();
  stranger.kill();
});

// The scripts print the number, and run with the data folder as `$0`.
test.for([
  // What the shell becomes by `exec` waits for no child.
  ['a killed process that nobody has waited for', 'sleep 0 & echo $!; exec sleep 60', false],
  ['another program on the data folder', 'echo $$; while :; do sleep 1; done', true],
] as const)(
  'a postmaster.pid with the number of %s does not keep Postgres from starting',
  async ([, script, runs]) => {
    await using box = await sandbox();
    await start(box);
    const dir = await dataDir(box);
    await stackDown(box.options);
    // Postgres overlooks the processes of other users.
    const { uid, gid } = await stat(dir);
    const holder = spawn('sh', ['-c', script, dir], {
      cwd: '/',
      uid,
      gid,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    const [said] = await once(holder.stdout, 'data');
    const pid = Number(said);
    await vi.waitUntil(async () => ((await identify(pid)) !== undefined) === runs, PATIENCE);
    await writeFile(join(dir, 'postmaster.pid'), `${pid}\n`);
    await start(box);
    expect(process.kill(pid, 0)).toBe(true);
  },
);

test('a server whose port is taken chooses another', async () => {
  await using box = await sandbox();
  const before = new URL(await start(box)).port;
  await stackDown(box.options);
  // Down forgets the record; a crash would have left it.
  const thief = createServer().listen(Number(before), '127.0.0.1');
  await once(thief, 'listening');
  expect(new URL(await start(box)).port).not.toBe(before);
  thief.close();
});

test('data of another major version is moved aside', async () => {
  await using box = await sandbox();
  await start(box);
  const dir = await dataDir(box);
  await stackDown(box.options);
  await writeFile(join(dir, 'PG_VERSION'), '15\n');
  await start(box);
  expect(await readFile(join(`${dir}.old`, 'PG_VERSION'), 'utf8')).toBe('15\n');
});

test('a server that ends because of its data starts with new data', async () => {
  await using box = await sandbox();
  await start(box);
  const dir = await dataDir(box);
  await stackDown(box.options);
  await rm(join(dir, 'global'), { recursive: true });
  await start(box);
  expect(box.progress.join('\n')).toContain('starting with new data');
});

test('two commands at once start one server', async () => {
  await using box = await sandbox();
  const printed = await Promise.all(
    [1, 2].map(() => inProcess('open.ts', [box.stateDir, 'postgres'])),
  );
  const [first, second] = printed.map((text) => JSON.parse(text));
  expect(first.servers.postgres.url).toBe(second.servers.postgres.url);
  const all = await findByFolder(await dataDir(box));
  expect(all.filter(({ command }) => command.includes('config_file'))).toHaveLength(1);
});

test('the next command repairs what a command killed during a start has left', async () => {
  await using box = await sandbox();
  const file = join(import.meta.dirname, 'support/open.ts');
  const victim = spawn(process.execPath, [file, box.stateDir, 'postgres'], { stdio: 'ignore' });
  const log = join(box.stateDir, 'servers/postgres/log');
  await vi.waitUntil(async () => (await readFile(log, 'utf8').catch(() => '')) !== '', {
    timeout: 20_000,
    interval: 2,
  });
  victim.kill('SIGKILL');
  await once(victim, 'exit');
  await start(box);
  const all = await findByFolder(await dataDir(box));
  expect(all.filter(({ command }) => command.includes('config_file'))).toHaveLength(1);
});

test('down leaves no process and a closed port', async () => {
  await using box = await sandbox();
  const url = new URL(await start(box));
  const dir = await dataDir(box);
  await stackDown(box.options);
  expect(await findByFolder(dir)).toEqual([]);
  const listener = createServer().listen(Number(url.port), '127.0.0.1');
  await once(listener, 'listening');
  listener.close();
});

test.skipIf(process.getuid?.() !== 0)(
  "for root, below a folder that only root may enter, the server's data is elsewhere",
  async () => {
    await using box = await sandbox(0o700);
    await start(box);
    const dir = await dataDir(box);
    expect(dir.startsWith(box.stateDir)).toBe(false);
    await stackDown(box.options);
    await rm(join(dir, '../..'), { recursive: true });
  },
);

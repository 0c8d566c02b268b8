import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStack, ping, stackDown, stackLogs, stackStatus } from '../src/index.ts';
import { findByFolder } from '../src/process.ts';
import { manage } from '../src/servers/rabbitmq/management.ts';
import type { ServerName } from '../src/types.ts';
import { type Sandbox, sandbox } from './support/sandbox.ts';

const NAMES = ['redis', 'rabbitmq', 'kafka'] as const satisfies ServerName[];
let box: Sandbox;

/** Never 0: that would be this test's own process group. */
async function processId(name: ServerName): Promise<number> {
  const { process: server } = await box.record(name);
  if (server === undefined) throw new TypeError(`${name} has no process of ours`);
  return server.pid;
}

beforeAll(async () => {
  box = await sandbox();
  await openStack(NAMES, box.options);
});

afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

test('status shows the way, address and version of each server, and never a password', async () => {
  const started: readonly string[] = NAMES;
  const found = await stackStatus(box.options);
  for (const status of found.filter(({ name }) => started.includes(name))) {
    expect(status).toMatchObject({ state: 'up', provision: 'native' });
    expect(status.version).toMatch(/^\d+\.\d+/u);
    expect(status.address).toContain('127.0.0.1');
    expect(status.address).not.toMatch(/[0-9a-f]{32}/u);
  }
});

test('killed servers are started again, and only they', async () => {
  const before = await Promise.all(NAMES.map((name) => box.record(name)));
  for (const name of ['rabbitmq', 'kafka'] as const) {
    process.kill(await processId(name), 'SIGKILL');
  }
  const { servers, missing } = await openStack(NAMES, box.options);
  expect(missing).toEqual([]);
  await Promise.all(Object.values(servers).map((address) => ping(address)));
  const after = await Promise.all(NAMES.map((name) => box.record(name)));
  const same = NAMES.filter(
    (_, index) => before[index]?.process?.pid === after[index]?.process?.pid,
  );
  expect(same).toEqual(['redis']);
});

test('an administrator of RabbitMQ whom a learner has changed is restored at the next start', async () => {
  const { management = '' } = (await box.record('rabbitmq')).address;
  await manage(management, 'PUT', 'users/labs', { body: { password: 'mine', tags: '' } });
  process.kill(await processId('rabbitmq'), 'SIGKILL');
  const { servers, missing } = await openStack(['rabbitmq'], box.options);
  expect(missing).toEqual([]);
  await Promise.all(Object.values(servers).map((address) => ping(address)));
});

test('the log of a server can be read', async () => {
  expect(await stackLogs('rabbitmq', box.options)).toContain('RabbitMQ');
});

test("down leaves no process, not even Erlang's, and no open port", async () => {
  const records = await Promise.all(NAMES.map((name) => box.record(name)));
  await stackDown(box.options);
  expect(await findByFolder(box.stateDir)).toEqual([]);
  for (const { address } of records) {
    const port = Number(/:(\d+)(?:\/|$)/u.exec(address.url)?.[1]);
    const listener = createServer().listen(port, '127.0.0.1');
    await once(listener, 'listening');
    listener.close();
  }
  const states = (await stackStatus(box.options)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['down']));
});

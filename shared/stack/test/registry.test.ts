import { afterEach, expect, test, vi } from 'vitest';
import {
  connectStack,
  openStack,
  ping,
  serverNames,
  SERVERS,
  stackDown,
  stackLogs,
  stackStatus,
} from '../src/index.ts';
import { sandbox } from './support/sandbox.ts';

// The one line of the registry; the folder is fixtures/memo.
SERVERS.set('memo', () => import('./fixtures/memo/definition.ts'));

const lab = '97-registry-test';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a kind of server with a folder and a line in the registry is opened, leased and stopped', async () => {
  await using box = await sandbox();
  const { servers, missing } = await openStack(['memo'], box.options);
  expect(missing).toEqual([]);
  expect(servers['memo']).toMatchObject({ name: 'memo', provision: 'native', version: '1.0' });
  {
    await using stack = connectStack(servers);
    const lease = await stack.lease({ lab, servers: ['memo'] });
    const notebook = lease.memo?.notebook ?? '';
    expect(notebook).toContain(lab);
    expect(lease.env).toEqual({ MEMO_NOTEBOOK: notebook });
    const tools = await stack.of('memo');
    expect(await tools.notebooks()).toEqual([notebook]);
    await lease[Symbol.asyncDispose]();
    expect(await tools.notebooks()).toEqual([]);
  }
  expect(await stackLogs('memo', box.options)).toContain('listening');
  await stackDown(box.options);
  if (servers['memo'] === undefined) throw new TypeError('memo was not opened');
  await expect(ping(servers['memo'])).rejects.toMatchObject({ server: 'memo' });
});

test('it is listed after the others, with its state', async () => {
  await using box = await sandbox();
  expect(serverNames().at(-1)).toBe('memo');
  await openStack(['memo'], box.options);
  const [status] = (await stackStatus(box.options)).toReversed();
  expect(status).toMatchObject({ name: 'memo', state: 'up', provision: 'native', version: '1.0' });
  expect(status?.address).toMatch(/^memo:\/\/:\*\*\*@127\.0\.0\.1:\d+$/u);
});

test('it can be a server of the user, and a wrong one is broken', async () => {
  await using box = await sandbox();
  const { servers } = await openStack(['memo'], box.options);
  const url = servers['memo']?.url ?? '';
  vi.stubEnv('LABS_MEMO_URL', url);
  const found = await openStack(['memo'], box.options);
  expect(found.servers['memo']).toMatchObject({ provision: 'url', url });
  vi.stubEnv('LABS_MEMO_URL', url.replace(/:[0-9a-f]{32}@/u, ':wrong@'));
  const { missing } = await openStack(['memo'], box.options);
  expect(missing[0]).toMatchObject({ code: 'SERVER_BROKEN', server: 'memo' });
  expect(missing[0]?.message).toContain('wrong password');
});

test('each line of the registry has the name that its definition has', async () => {
  for (const [name, load] of SERVERS) expect((await load()).server.name).toBe(name);
});

test('a name that is not in the registry is refused with the names that are', async () => {
  await expect(openStack(['mysql'])).rejects.toMatchObject({
    code: 'SERVER_UNKNOWN',
    message: 'there is no server "mysql"',
    fix: `use one of ${serverNames().join(', ')}`,
  });
});

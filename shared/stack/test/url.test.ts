import { afterEach, expect, test, vi } from 'vitest';
import { freePorts } from '../src/ports.ts';
import { openStack, type ServerUnavailable, stackStatus } from '../src/index.ts';
import type { ServerName } from '../src/types.ts';
import { sandbox } from './support/sandbox.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Opens a server that must not open, and checks that no other way was tried. */
async function open(name: ServerName): Promise<ServerUnavailable> {
  await using box = await sandbox();
  const { servers, missing } = await openStack([name], box.options);
  expect([Object.keys(servers), box.progress]).toEqual([[], []]);
  const [error] = missing;
  if (error === undefined) throw new TypeError(`${name} opened`);
  return error;
}

const shared = await openStack(['postgres', 'redis', 'kafka']);

test.for([
  ['postgres', 'LABS_POSTGRES_URL', 'postgres://u:hidden@127.0.0.1:PORT/postgres'],
  ['redis', 'LABS_REDIS_URL', 'redis://:hidden@127.0.0.1:PORT'],
  ['rabbitmq', 'LABS_RABBITMQ_URL', 'amqp://u:hidden@127.0.0.1:PORT'],
  ['kafka', 'LABS_KAFKA_BROKERS', '127.0.0.1:PORT'],
  ['kafka', 'LABS_KAFKA_BROKERS', 'kafka://u:hidden@127.0.0.1:PORT,127.0.0.1:PORT'],
] as const)(
  'a closed port for %s is broken, and no other way is tried: %s=%s',
  async ([name, variable, url]) => {
    const [port] = await freePorts(1);
    vi.stubEnv(variable, url.replaceAll('PORT', String(port)));
    const error = await open(name);
    expect(error).toMatchObject({ code: 'SERVER_BROKEN', server: name });
    expect(error.message).toContain(variable);
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).not.toContain('hidden');
    expect(error.fix).toContain(variable);
  },
);

test.for([
  ['postgres', 'LABS_POSTGRES_URL', 'mysql://127.0.0.1/x'],
  ['redis', 'LABS_REDIS_URL', 'localhost:6379'],
  ['rabbitmq', 'LABS_RABBITMQ_URL', 'rabbit'],
  ['kafka', 'LABS_KAFKA_BROKERS', 'http://127.0.0.1:9092'],
  ['kafka', 'LABS_KAFKA_BROKERS', 'kafka://hidden@127.0.0.1:9092'],
  ['kafka', 'LABS_KAFKA_BROKERS', 'kafka://u:hidden@127.0.0.1'],
] as const)(
  'a malformed variable for %s is broken, with an example: %s=%s',
  async ([name, variable, url]) => {
    vi.stubEnv(variable, url);
    const error = await open(name);
    expect(error).toMatchObject({ code: 'SERVER_BROKEN' });
    expect(error.message).toContain('malformed');
    expect(error.message).not.toContain('hidden');
    expect(error.fix).toContain('127.0.0.1');
  },
);

test.for([
  ['postgres', 'LABS_POSTGRES_URL', 'password authentication failed'],
  ['redis', 'LABS_REDIS_URL', 'WRONGPASS'],
  ['kafka', 'LABS_KAFKA_BROKERS', 'Authentication failed'],
] as const)('a wrong password for %s is broken', async ([name, variable, words]) => {
  const url = new URL(shared.servers[name]?.url ?? '');
  url.password = 'wrong';
  vi.stubEnv(variable, url.href);
  expect((await open(name)).message).toContain(words);
});

test('a server that the variable names is used as it is', async () => {
  await using box = await sandbox();
  vi.stubEnv('LABS_POSTGRES_URL', shared.servers.postgres?.url);
  const { servers, missing } = await openStack(['postgres'], box.options);
  expect(missing).toEqual([]);
  expect(servers.postgres).toMatchObject({ provision: 'url', url: shared.servers.postgres?.url });
  const [status] = await stackStatus(box.options);
  expect(status).toMatchObject({ name: 'postgres', state: 'up', provision: 'url' });
});

test('an unknown LABS_STACK is refused', async () => {
  await using box = await sandbox();
  vi.stubEnv('LABS_STACK', 'podman');
  const { missing } = await openStack(['redis'], box.options);
  expect(missing[0]?.message).toContain("'podman'");
});

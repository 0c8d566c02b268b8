import { once } from 'node:events';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectStack, openStack } from '../src/index.ts';
import { manage } from '../src/servers/rabbitmq/management.ts';
import { leaseAndDie } from './support/lease-and-die.ts';
import { sandbox } from './support/sandbox.ts';
import type { OpenedStack } from '../src/open.ts';
import type { ServerAddress, ServerName, Stack } from '../src/types.ts';

const lab = '98-lease-test';
let servers: OpenedStack['servers'];
let stack: Stack;

beforeAll(async () => {
  ({ servers } = await openStack(['redis', 'rabbitmq', 'kafka']));
  stack = connectStack(servers);
});

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

function address(name: ServerName): ServerAddress {
  const found = servers[name];
  if (found === undefined) throw new TypeError(`${name} was not opened`);
  return found;
}

test('redis leases are different databases, never 0, and each is emptied alone', async () => {
  await using one = await stack.lease({ lab, servers: ['redis'] });
  const two = await stack.lease({ lab, servers: ['redis'] });
  expect(one.redis?.db).toBeGreaterThan(0);
  expect(two.redis?.db).not.toBe(one.redis?.db);
  const first = new Redis(one.env['REDIS_URL'] ?? '');
  await first.set('kept', '1');
  await two[Symbol.asyncDispose]();
  expect(await first.get('kept')).toBe('1');
  first.disconnect();
});

test('twelve leases of redis at once are twelve databases', async () => {
  const leases = await Promise.all(
    Array.from({ length: 12 }, () => stack.lease({ lab, servers: ['redis'] })),
  );
  expect(new Set(leases.map((lease) => lease.redis?.db)).size).toBe(12);
  await Promise.all(leases.map((lease) => lease[Symbol.asyncDispose]()));
});

test('a service has its own database of redis, and nothing of the server', async () => {
  await using one = await stack.lease({ lab, servers: ['redis'] });
  await using two = await stack.lease({ lab, servers: ['redis'] });
  const client = new Redis(one.env['REDIS_URL'] ?? '', { retryStrategy: () => null });
  const own = [
    () => client.set('mine', '1'),
    () => client.keys('*'),
    () => client.info(),
    () => client.eval('return redis.call("GET", KEYS[1])', 1, 'mine'),
    () => client.multi().get('mine').exec(),
    () => client.flushdb(),
  ];
  for (const run of own) await run();
  const foreign: Record<string, () => Promise<unknown>> = {
    select: () => client.select(two.redis?.db ?? 0),
    'select in a script': () => client.eval(`return redis.call("SELECT", ${two.redis?.db})`, 0),
    flushall: () => client.flushall(),
    swap: () => client.call('SWAPDB', '1', '2'),
    copy: () => client.call('COPY', 'mine', 'mine', 'DB', String(two.redis?.db)),
    move: () => client.call('MOVE', 'mine', String(two.redis?.db)),
    'set a setting': () => client.config('SET', 'maxmemory', '1'),
    'read a setting': () => client.config('GET', 'requirepass'),
    users: () => client.call('ACL', 'LIST'),
    connections: () => client.client('LIST'),
    claim: () => client.client('SETNAME', 'labs:db:1:x'),
    monitor: () => client.call('MONITOR'),
    save: () => client.save(),
    replica: () => client.call('REPLICAOF', '127.0.0.1', '1'),
    module: () => client.call('MODULE', 'LOAD', 'x.so'),
    function: () => client.call('FUNCTION', 'FLUSH'),
    shutdown: () => client.call('SHUTDOWN', 'NOSAVE'),
  };
  for (const [name, run] of Object.entries(foreign)) {
    const refusal = await run().then(() => 'done', String);
    expect(`${name}: ${refusal}`).toMatch(/NOPERM|not allowed|can't run this command/u);
  }
  client.disconnect();
});

test('a FLUSHALL does not free a claim', async () => {
  await using one = await stack.lease({ lab, servers: ['redis'] });
  const client = new Redis(address('redis').url);
  await client.flushall();
  await using two = await stack.lease({ lab, servers: ['redis'] });
  expect(two.redis?.db).not.toBe(one.redis?.db);
  client.disconnect();
});

test('the user of a lease of redis ends with it', async () => {
  const lease = await stack.lease({ lab, servers: ['redis'] });
  const client = new Redis(lease.env['REDIS_URL'] ?? '', { retryStrategy: () => null });
  client.on('error', () => {});
  await client.ping();
  const closed = once(client, 'end');
  await lease[Symbol.asyncDispose]();
  await closed;
  expect(client.status).toBe('end');
});

test('a redis database of a killed run is free again', async () => {
  await using box = await sandbox();
  const own = await openStack(['redis'], box.options);
  const env = await leaseAndDie(lab, own.servers, 'redis');
  const dead = Number(new URL(env['REDIS_URL'] ?? '').pathname.slice(1));
  await using all = connectStack(own.servers);
  const leases = await Promise.all(
    Array.from({ length: 63 }, () => all.lease({ lab, servers: ['redis'] })),
  );
  expect(leases.map((lease) => lease.redis?.db)).toContain(dead);
});

test('a rabbitmq vhost is for its own user, and is deleted on release', async () => {
  const one = await stack.lease({ lab, servers: ['rabbitmq'] });
  await using two = await stack.lease({ lab, servers: ['rabbitmq'] });
  const url = one.env['AMQP_URL'] ?? '';
  const connection = await connect(url);
  connection.on('error', () => {});
  const channel = await connection.createChannel();
  await channel.assertQueue('work');
  const foreign = new URL(url);
  foreign.pathname = `/${two.rabbitmq?.vhost}`;
  await expect(connect(foreign.href)).rejects.toThrow(/ConnectionClose/u);
  const closed = once(connection, 'close');
  await one[Symbol.asyncDispose]();
  await closed;
  await expect(connect(url)).rejects.toThrow(/ACCESS.REFUSED/u);
});

test('the administrator may look into a leased vhost', async () => {
  await using lease = await stack.lease({ lab, servers: ['rabbitmq'] });
  const url = new URL(address('rabbitmq').url);
  url.pathname = `/${lease.rabbitmq?.vhost}`;
  const connection = await connect(url.href);
  const channel = await connection.createChannel();
  expect(await channel.assertQueue('q')).toMatchObject({ queue: 'q', messageCount: 0 });
  await connection.close();
});

test('the vhost of a killed run is dropped by the next run', async () => {
  const env = await leaseAndDie(lab, servers, 'rabbitmq');
  const name = new URL(env['AMQP_URL'] ?? '').pathname.slice(1);
  const base = address('rabbitmq').management ?? '';
  expect(await manage(base, 'GET', `vhosts/${name}`)).toMatchObject({ name });
  await using next = connectStack(servers);
  await (await next.lease({ lab, servers: ['rabbitmq'] }))[Symbol.asyncDispose]();
  expect(await manage(base, 'GET', `vhosts/${name}`, { accept: [404] })).toBeUndefined();
});

test('leases of several servers are given back together', async () => {
  const lease = await stack.lease({ lab, servers: ['redis', 'rabbitmq', 'kafka'] });
  expect(Object.keys(lease.env).toSorted()).toEqual([
    'AMQP_URL',
    'KAFKA_BROKERS',
    'KAFKA_PASSWORD',
    'KAFKA_PREFIX',
    'KAFKA_USERNAME',
    'REDIS_URL',
  ]);
  await lease[Symbol.asyncDispose]();
  await expect(connect(lease.env['AMQP_URL'] ?? '')).rejects.toThrow(/ACCESS.REFUSED/u);
});

test('a server that was not opened cannot be leased', async () => {
  await using nothing = connectStack({});
  await expect(nothing.lease({ lab, servers: ['redis'] })).rejects.toMatchObject({
    code: 'SERVER_ABSENT',
    server: 'redis',
  });
});

import { connectStack } from '@backend-labs/stack';
import { Redis } from 'ioredis';
import { test as base, expect } from 'vitest';
import { RedisProbe } from '../src/redis/probe.ts';
import { toyRun } from './support/stack.ts';

const test = base
  .extend('run', { scope: 'file' }, () => toyRun('redis'))
  .extend('lease', { scope: 'file' }, async ({ run }, { onCleanup }) => {
    const stack = connectStack(run.servers);
    onCleanup(() => stack[Symbol.asyncDispose]());
    return stack.lease({ lab: run.lab, servers: ['redis'] });
  })
  .extend('redis', { scope: 'file' }, async ({ run, lease }, { onCleanup }) => {
    const probe = await RedisProbe.of(run, lease);
    onCleanup(() => probe[Symbol.dispose]());
    return probe;
  })
  /** What the service under test would hold. */
  .extend('client', { scope: 'file' }, async ({ lease }, { onCleanup }) => {
    const client = new Redis(lease.redis?.url ?? '');
    onCleanup(() => client.disconnect());
    await client.ping();
    return client;
  });

test('keys and their time to live are those of the lease', async ({ client, redis }) => {
  await client.set('product:1', 'chair', 'PX', 60_000);
  await client.set('product:2', 'table');
  await client.set('basket:1', 'empty');
  expect(await redis.keys('product:*')).toEqual(['product:1', 'product:2']);
  expect(await redis.keys()).toEqual(['basket:1', 'product:1', 'product:2']);
  expect(await redis.get('product:2')).toBe('table');
  expect(await redis.pttl('product:1')).toBeGreaterThan(50_000);
  expect(await redis.pttl('product:2')).toBe(-1);
  expect(await redis.pttl('product:3')).toBe(-2);
});

test('expire ends a key now', async ({ client, redis }) => {
  await client.set('price:1', '100', 'EX', 3600);
  await redis.expire('price:1');
  expect(await client.get('price:1')).toBeNull();
});

test('measure sees what the service sends, without the probe and other databases', async ({
  client,
  lease,
  redis,
}) => {
  const elsewhere = client.duplicate({ db: (lease.redis?.db ?? 0) + 1 });
  await elsewhere.ping();
  const use = await redis.measure(async () => {
    await client.set('seen', '1');
    await elsewhere.get('unseen');
    await redis.get('unseen');
    await client.eval("return redis.call('GET', KEYS[1])", 1, 'seen');
    return 'done';
  });
  elsewhere.disconnect();
  expect(use.result).toBe('done');
  expect(use.commands).toEqual([
    { name: 'SET', args: ['seen', '1'], inScript: false },
    expect.objectContaining({ name: 'EVAL', inScript: false }),
    { name: 'GET', args: ['seen'], inScript: true },
  ]);
  expect([use.count(), use.count('SET'), use.count('KEYS')]).toEqual([2, 1, 0]);
});

test('measure starts while other clients are busy', async ({ client, redis, signal }) => {
  const isOver = new AbortController();
  const busy = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!isOver.signal.aborted && !signal.aborted) await client.get('busy');
    }),
  );
  const seen = [];
  for (let turn = 0; turn < 30; turn++) {
    const use = await redis.measure(async () => client.get(`turn:${turn}`));
    seen.push(use.commands.filter(({ args }) => args[0] === `turn:${turn}`).length);
  }
  isOver.abort();
  await busy;
  expect(seen).toEqual(Array.from({ length: 30 }, () => 1));
});

test('any command can be sent', async ({ redis }) => {
  await redis.command('HSET', 'h', 'field', 7);
  expect(await redis.command('HGET', 'h', 'field')).toBe('7');
  await expect(redis.command('GET', 'h')).rejects.toMatchObject({ name: 'ReplyError' });
});

test('a server that is gone is a StackError', async ({ run, lease }) => {
  const gone = {
    name: 'redis',
    provision: 'url',
    url: 'redis://127.0.0.1:9',
    version: '',
  } as const;
  const servers = { ...run.servers, redis: gone };
  await expect(RedisProbe.of({ ...run, servers }, lease)).rejects.toMatchObject({
    name: 'ProbeTrouble',
    server: 'redis',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

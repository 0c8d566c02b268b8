import { connectStack } from '@backend-labs/stack';
import { test as base, expect } from 'vitest';
import { RabbitProbe } from '../src/rabbitmq/probe.ts';
import { eventually } from '../src/wait/eventually.ts';
import { toyRun } from './support/stack.ts';

const test = base
  .extend('run', { scope: 'file' }, () => toyRun('rabbitmq'))
  .extend('lease', { scope: 'file' }, async ({ run }, { onCleanup }) => {
    const stack = connectStack(run.servers);
    onCleanup(() => stack[Symbol.asyncDispose]());
    return stack.lease({ lab: run.lab, servers: ['rabbitmq'] });
  })
  .extend('rabbit', { scope: 'file' }, async ({ lease }, { onCleanup }) => {
    const probe = await RabbitProbe.of(lease);
    onCleanup(() => probe[Symbol.asyncDispose]());
    return probe;
  });

test('a queue that is not there has no state, and asking breaks nothing', async ({ rabbit }) => {
  expect(await rabbit.queue('absent')).toBeUndefined();
  expect(await rabbit.drain('absent')).toEqual([]);
  expect(await rabbit.queue('absent')).toBeUndefined();
});

test('what was published and confirmed is in the queue, in order', async ({ rabbit }) => {
  await rabbit.declare('render', { durable: true });
  for (const id of [1, 2]) {
    expect(await rabbit.publish({ id }, { routingKey: 'render', headers: { id } })).toBe('routed');
  }
  expect(await rabbit.queue('render')).toEqual({ ready: 2, consumers: 0 });
  const taken = await rabbit.drain('render');
  expect(taken.map(({ json }) => json)).toEqual([{ id: 1 }, { id: 2 }]);
  expect(taken[0]).toMatchObject({
    text: '{"id":1}',
    routingKey: 'render',
    headers: { id: 1 },
    deaths: [],
    redelivered: false,
    persistent: true,
  });
  expect(await rabbit.queue('render')).toMatchObject({ ready: 0 });
});

test('a queue that is deleted is gone with what is in it', async ({ rabbit }) => {
  await rabbit.declare('doomed');
  await rabbit.publish('lost', { routingKey: 'doomed' });
  await rabbit.deleteQueue('doomed');
  await rabbit.deleteQueue('doomed');
  expect(await rabbit.queue('doomed')).toBeUndefined();
});

test('an exchange comes with its bindings and goes with them', async ({ rabbit }) => {
  const route = { exchange: 'short-lived', routingKey: 'render' };
  await rabbit.declareExchange('short-lived', 'direct');
  await rabbit.declare('bound', route);
  expect(await rabbit.publish('taken', route)).toBe('routed');
  await rabbit.deleteExchange('short-lived');
  await rabbit.deleteExchange('short-lived');
  expect(await rabbit.publish('lost', route)).toBe('no exchange');
  await rabbit.declareExchange('short-lived', 'direct');
  expect(await rabbit.publish('lost', route)).toBe('unroutable');
});

test('a body that is no text is there byte for byte', async ({ rabbit }) => {
  const body = Buffer.from([0xff, 0x00, 0x7b]);
  await rabbit.declare('raw');
  await rabbit.publish(body, { routingKey: 'raw' });
  const [message] = await rabbit.drain('raw');
  expect(message?.bytes).toEqual(body);
});

test('a message that no queue wants is confirmed and unroutable', async ({ rabbit }) => {
  expect(await rabbit.publish('lost', { routingKey: 'nobody' })).toBe('unroutable');
});

test('an exchange that is not there is told, and breaks nothing', async ({ rabbit }) => {
  const sent = await rabbit.publish('lost', { exchange: 'media', routingKey: 'render' });
  expect(sent).toBe('no exchange');
  expect(await rabbit.publish('lost', { routingKey: 'nobody' })).toBe('unroutable');
});

test('a dead letter tells where it died and why', async ({ rabbit }) => {
  await rabbit.declare('dead');
  await rabbit.declare('short', {
    messageTtl: 1,
    deadLetterExchange: '',
    deadLetterRoutingKey: 'dead',
  });
  await rabbit.publish('poison', { routingKey: 'short' });
  await eventually('the dead letter', async () => (await rabbit.queue('dead'))?.ready === 1);
  const [message] = await rabbit.drain('dead');
  expect(message).toMatchObject({
    text: 'poison',
    deaths: [{ queue: 'short', reason: 'expired', count: 1 }],
  });
});

test('a dead letter that is moved keeps all of its headers', async ({ rabbit }) => {
  await rabbit.declare('elsewhere');
  await rabbit.declare('brief', {
    messageTtl: 1,
    deadLetterExchange: '',
    deadLetterRoutingKey: 'dead',
  });
  await rabbit.declare('dead');
  await rabbit.publish('poison', { routingKey: 'brief', headers: { 'x-request-id': 'r-1' } });
  await eventually('the dead letter', async () => (await rabbit.queue('dead'))?.ready === 1);
  const [message] = await rabbit.drain('dead');
  await rabbit.publish(message?.bytes, { ...message?.properties, routingKey: 'elsewhere' });
  const [moved] = await rabbit.drain('elsewhere');
  expect(moved).toMatchObject({
    text: 'poison',
    headers: { 'x-request-id': 'r-1' },
    deaths: [{ queue: 'brief', reason: 'expired', count: 1 }],
  });
});

test('a server that is gone is a StackError', async ({ lease }) => {
  const gone = { url: 'amqp://127.0.0.1:9', vhost: '/' };
  await expect(RabbitProbe.of({ ...lease, rabbitmq: gone })).rejects.toMatchObject({
    name: 'ProbeTrouble',
    server: 'rabbitmq',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

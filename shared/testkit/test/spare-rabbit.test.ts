import { connectStack } from '@backend-labs/stack';
import { expect, test } from 'vitest';
import { RabbitProbe } from '../src/rabbitmq/probe.ts';
import { SpareRabbit } from '../src/rabbitmq/spare.ts';
import { toyRun } from './support/stack.ts';

test('what it confirmed outlives its kill; what it kept in memory does not; the shared broker goes on', async () => {
  const run = await toyRun('rabbitmq');
  await using stack = connectStack(run.servers);
  const shared = await stack.lease({ lab: run.lab, servers: ['rabbitmq'] });
  await using watched = await RabbitProbe.of(shared);
  await watched.declare('calm');

  await using broker = await SpareRabbit.open(run);
  {
    await using probe = await broker.probe();
    await probe.declare('durable', { durable: true });
    await probe.publish('kept', { routingKey: 'durable' });
    await probe.declare('fleeting', { durable: false });
    await probe.publish('lost', { routingKey: 'fleeting' });
  }
  await broker.kill();
  await broker.start();
  await using probe = await broker.probe();
  expect((await probe.drain('durable')).map(({ text }) => text)).toEqual(['kept']);
  expect(await probe.queue('fleeting')).toBeUndefined();
  expect(await watched.queue('calm')).toEqual({ ready: 0, consumers: 0 });
});

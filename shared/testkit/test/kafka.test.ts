import { connectStack, type Lease, type LeaseParts } from '@backend-labs/stack';
import { type EachMessageHandler, Kafka, logLevel } from 'kafkajs';
import { test as base, expect } from 'vitest';
import { connection } from '../src/kafka/connection.ts';
import { KafkaProbe } from '../src/kafka/probe.ts';
import { eventually } from '../src/wait/eventually.ts';
import { gate } from '../src/wait/gate.ts';
import { toyRun } from './support/stack.ts';

const test = base
  .extend('run', { scope: 'file' }, () => toyRun('kafka'))
  .extend('lease', { scope: 'file' }, async ({ run }, { onCleanup }) => {
    const stack = connectStack(run.servers);
    onCleanup(() => stack[Symbol.asyncDispose]());
    return stack.lease({ lab: run.lab, servers: ['kafka'] });
  })
  .extend('kafka', { scope: 'file' }, async ({ lease }, { onCleanup }) => {
    const probe = await KafkaProbe.of(lease);
    onCleanup(() => probe[Symbol.asyncDispose]());
    return probe;
  });

test('topics of the lease, by their short names', async ({ kafka, lease }) => {
  await kafka.createTopic('media.events', 3);
  await kafka.createTopic('media.events', 3);
  expect(await kafka.topics()).toContain('media.events');
  expect(kafka.name('media.events')).toBe(`${lease.kafka?.prefix}media.events`);
  expect(await kafka.endOffsets('media.events')).toEqual([0, 0, 0]);
  expect(await kafka.read('media.events')).toEqual([]);
});

test('records are read back with key, headers and place', async ({ kafka }) => {
  await kafka.createTopic('usage', 2);
  await kafka.produce('usage', [
    { key: 'a', value: { bytes: 1 }, partition: 0, headers: { kind: 'upload' } },
    { key: 'b', value: 'plain', partition: 1 },
    { key: 'a', value: { bytes: 2 }, partition: 0 },
  ]);
  expect(await kafka.endOffsets('usage')).toEqual([2, 1]);
  expect(await kafka.read('usage')).toEqual([
    {
      partition: 0,
      offset: 0,
      key: 'a',
      text: '{"bytes":1}',
      json: { bytes: 1 },
      headers: { kind: 'upload' },
      bytes: {
        key: Buffer.from('a'),
        value: Buffer.from('{"bytes":1}'),
        headers: { kind: Buffer.from('upload') },
      },
    },
    expect.objectContaining({ partition: 0, offset: 1, json: { bytes: 2 } }),
    expect.objectContaining({ partition: 1, offset: 0, text: 'plain', json: undefined }),
  ]);
});

test('bytes that are no text, and tombstones, come and go as they are', async ({ kafka }) => {
  await kafka.createTopic('raw', 1);
  const bytes = Buffer.from([0xff, 0x00, 0x80]);
  await kafka.produce('raw', [
    { value: bytes, headers: { trace: bytes }, partition: 0 },
    { key: 'gone', value: null, partition: 0 },
  ]);
  const [raw, tombstone] = await kafka.read('raw');
  expect(raw?.bytes).toEqual({ key: null, value: bytes, headers: { trace: bytes } });
  expect(tombstone).toMatchObject({ key: 'gone', text: null, json: undefined });
});

test('a partition begins behind the records that are deleted', async ({ kafka }) => {
  await kafka.createTopic('old', 1);
  const values = [1, 2, 3].map((value) => ({ value, partition: 0 }));
  await kafka.produce('old', values);
  await kafka.deleteRecords('old', 0, 2);
  expect(await kafka.read('old')).toMatchObject([{ offset: 2, json: 3 }]);
  expect(await kafka.endOffsets('old')).toEqual([3]);
  await kafka.deleteRecords('old', 0, 3);
  expect(await kafka.read('old')).toEqual([]);
});

test('lag is what a group has not committed, by partition', async ({ kafka, lease }) => {
  await kafka.createTopic('orders', 2);
  await kafka.produce('orders', [
    { value: 1, partition: 0 },
    { value: 2, partition: 0 },
    { value: 3, partition: 1 },
  ]);
  const projector = kafka.group('projector');
  expect(await projector.lag('orders')).toEqual([
    { partition: 0, end: 2, committed: undefined, lag: 2 },
    { partition: 1, end: 1, committed: undefined, lag: 1 },
  ]);
  await consumeThree(leased(lease), projector.name, kafka.name('orders'));
  await kafka.produce('orders', [{ value: 4, partition: 1 }]);
  expect(await projector.lag('orders')).toEqual([
    { partition: 0, end: 2, committed: 2, lag: 0 },
    { partition: 1, end: 2, committed: 1, lag: 1 },
  ]);
});

test('a group is described, its offsets are set and forgotten', async ({ kafka, lease }) => {
  await kafka.createTopic('bills', 2);
  await kafka.produce('bills', [
    { value: 1, partition: 1 },
    { value: 2, partition: 1 },
  ]);
  const group = kafka.group('billing');
  expect(await group.describe()).toEqual({ state: 'Dead', members: [] });

  await group.setOffset('bills', 1, 1);
  expect(await group.describe()).toEqual({ state: 'Empty', members: [] });
  expect((await group.lag('bills'))[1]).toMatchObject({ committed: 1, lag: 1 });

  const client = new Kafka({ ...connection(leased(lease)), logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId: group.name, maxWaitTimeInMs: 100 });
  const read: (string | undefined)[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: kafka.name('bills') });
    const eachMessage: EachMessageHandler = async ({ message }) => {
      read.push(message.value?.toString());
    };
    await consumer.run({ autoCommit: false, eachMessage });
    await eventually('the second record, and not the first', () => read.length > 0);
    expect(read).toEqual(['2']);
    const { state, members } = await group.describe();
    expect([state, members.length]).toEqual(['Stable', 1]);
    // A group with members keeps its offsets.
    await expect(group.delete()).rejects.toMatchObject({ server: 'kafka' });
  } finally {
    await consumer.disconnect();
  }

  await group.delete();
  expect((await group.lag('bills'))[1]).toMatchObject({ committed: undefined, lag: 2 });
});

function leased({ kafka }: Lease): LeaseParts['kafka'] {
  if (kafka === undefined) throw new TypeError('kafka was not leased');
  return kafka;
}

async function consumeThree(
  lease: LeaseParts['kafka'],
  groupId: string,
  topic: string,
): Promise<void> {
  const kafka = new Kafka({ ...connection(lease), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  const three = gate(3);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async () => {
      void three.arrive();
    },
  });
  await three.reached();
  // Commits what it has handled.
  await consumer.disconnect();
}

test('a server that is gone is a StackError', async ({ lease }) => {
  const gone = { brokers: ['127.0.0.1:9'], prefix: 'x-' };
  await expect(KafkaProbe.of({ ...lease, kafka: gone })).rejects.toMatchObject({
    name: 'ProbeTrouble',
    server: 'kafka',
  });
});

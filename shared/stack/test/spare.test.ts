import { connect } from 'amqplib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSpare, openStack, ping, type ServerAddress, stackDown } from '../src/index.ts';
import { findByFolder } from '../src/process.ts';
import { type Sandbox, sandbox } from './support/sandbox.ts';

let box: Sandbox;
let shared: ServerAddress;

beforeAll(async () => {
  box = await sandbox();
  const { servers } = await openStack(['rabbitmq'], box.options);
  if (servers.rabbitmq === undefined) throw new TypeError('no RabbitMQ');
  shared = servers.rabbitmq;
});

afterAll(async () => {
  await box[Symbol.asyncDispose]();
});

test('a spare is another server, and keeps what it confirmed before a kill', async () => {
  await using spare = await openSpare(shared, box.options);
  expect(new URL(spare.address.url).port).not.toBe(new URL(shared.url).port);
  await publish(spare.address.url, 'kept');

  await spare.kill();
  await expect(ping(spare.address)).rejects.toThrow('rabbitmq');
  await ping(shared);

  await spare.start();
  expect(await take(spare.address.url)).toBe('kept');
});

test('one test at a time holds it, and the next finds it running, even after a kill', async () => {
  const first = await openSpare(shared, box.options);
  let second: Awaited<ReturnType<typeof openSpare>> | undefined;
  const waiting = openSpare(shared, box.options).then((spare) => (second = spare));
  await first.kill();
  expect(second).toBeUndefined();
  await first[Symbol.asyncDispose]();
  await using spare = await waiting;
  expect(spare.address).toEqual(first.address);
  await ping(spare.address);
});

test('down ends it together with the shared server', async () => {
  await stackDown(box.options, ['rabbitmq']);
  expect(await findByFolder(box.stateDir)).toEqual([]);
});

const QUEUE = 'spare';

async function publish(url: string, text: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  channel.sendToQueue(QUEUE, Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

async function take(url: string): Promise<string | undefined> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const message = await channel.get(QUEUE, { noAck: true });
  await connection.close();
  return message === false ? undefined : message.content.toString();
}

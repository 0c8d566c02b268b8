import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectStack, openStack } from '../src/index.ts';
import type { OpenedStack } from '../src/open.ts';
import { allowedUsers } from '../src/servers/kafka/acls.ts';
import { readAddress } from '../src/servers/kafka/address.ts';
import { listUsers } from '../src/servers/kafka/users.ts';
import type { Lease, Stack } from '../src/types.ts';
import { leaseAndDie } from './support/lease-and-die.ts';

const lab = '98-kafka-lease-test';
let servers: OpenedStack['servers'];
let stack: Stack;
let administrator: Admin;

beforeAll(async () => {
  ({ servers } = await openStack(['kafka']));
  stack = connectStack(servers);
  administrator = client({ sasl: { mechanism: 'plain', ...address().login } }).admin();
  await administrator.connect();
});

afterAll(async () => {
  await administrator.disconnect();
  await stack[Symbol.asyncDispose]();
});

function address(): Required<ReturnType<typeof readAddress>> {
  const { brokers, login } = readAddress(servers['kafka']?.url ?? '');
  if (login === undefined) throw new TypeError('kafka has no login');
  return { brokers, login };
}

function client(config: Omit<KafkaConfig, 'brokers'>): Kafka {
  const { brokers } = address();
  return new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 8, initialRetryTime: 20 },
    ...config,
  });
}

const lease = (): Promise<Lease> => stack.lease({ lab, servers: ['kafka'] });

/** As the service under test. */
function service({ env }: Lease): Kafka {
  const username = env['KAFKA_USERNAME'] ?? '';
  const password = env['KAFKA_PASSWORD'] ?? '';
  return client({ sasl: { mechanism: 'scram-sha-512', username, password } });
}

const topicOf = ({ kafka }: Lease): string => `${kafka?.prefix}orders`;

test('topics of a lease are deleted with it, others stay', async () => {
  const one = await lease();
  await using two = await lease();
  const topics = [one, two].map(topicOf);
  await administrator.createTopics({ topics: topics.map((topic) => ({ topic })) });
  await one[Symbol.asyncDispose]();
  const left = await administrator.listTopics();
  expect(left).not.toContain(topics[0]);
  expect(left).toContain(topics[1]);
});

test('the user of a lease makes, writes and reads topics under its prefix', async () => {
  await using own = await lease();
  const kafka = service(own);
  const [admin, producer] = [kafka.admin(), kafka.producer({ idempotent: true })];
  await Promise.all([admin.connect(), producer.connect()]);
  const topic = topicOf(own);
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
  await producer.send({ topic, messages: [{ value: '1', partition: 0 }] });
  expect(await admin.fetchTopicOffsets(topic)).toContainEqual(
    expect.objectContaining({ partition: 0, high: '1' }),
  );
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});

test('the user of a lease has nothing of another lease, and nothing of the server', async () => {
  await using one = await lease();
  await using two = await lease();
  const topic = topicOf(two);
  await administrator.createTopics({ topics: [{ topic }], waitForLeaders: true });
  const kafka = service(one);
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  const consumer = kafka.consumer({ groupId: `${one.kafka?.prefix}spy` });
  await Promise.all([admin, producer, consumer].map((each) => each.connect()));

  expect(await admin.listTopics()).toEqual([]);
  // Of a group that kafkajs may not see, it says no more than that it finds no coordinator.
  await admin.describeGroups([`${one.kafka?.prefix}projector`]);
  const foreign: Record<string, () => Promise<unknown>> = {
    write: () => producer.send({ topic, messages: [{ value: '1' }] }),
    read: () => consumer.subscribe({ topic }),
    'delete the topic': () => admin.deleteTopics({ topics: [topic] }),
    'delete records': () =>
      admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] }),
    'make a topic': () => admin.createTopics({ topics: [{ topic: `${topic}.more` }] }),
    'see a group': () => admin.describeGroups([`${two.kafka?.prefix}projector`]),
    'see who may do what': () => allowedUsers(admin),
  };
  for (const [name, run] of Object.entries(foreign)) {
    const refusal = await run().then(() => 'done', said);
    expect(`${name}: ${refusal}`).toMatch(
      /not authorized|authorization failed|Failed to find group coordinator/iu,
    );
  }
  await Promise.all([admin, producer, consumer].map((each) => each.disconnect()));
});

/** What kafkajs says, with what it says of each topic. */
function said(error: unknown): string {
  const parts = error instanceof Error && 'errors' in error ? error.errors : [];
  return [error, ...(Array.isArray(parts) ? parts : [])].map(String).join('; ');
}

test('a client without a login, or with a wrong one, is refused', async () => {
  const { username } = address().login;
  const strangers: Record<string, Kafka> = {
    'without a login': client({}),
    'a wrong password': client({ sasl: { mechanism: 'plain', username, password: 'guess' } }),
  };
  for (const [name, kafka] of Object.entries(strangers)) {
    const admin = kafka.admin();
    const refusal = await admin
      .connect()
      .then(() => admin.listTopics())
      .then(() => 'let in', String);
    await admin.disconnect();
    expect(`${name}: ${refusal}`).toMatch(/Closed connection|authentication failed/iu);
  }
});

test('the user of a lease, and what it may do, ends with the lease', async () => {
  const own = await lease();
  const admin = service(own).admin();
  await admin.connect();
  await own[Symbol.asyncDispose]();
  const { username } = own.kafka ?? {};
  expect(await listUsers(address())).not.toContain(username);
  expect(await allowedUsers(administrator)).not.toContain(username);
  await expect(service(own).admin().connect()).rejects.toThrow(/authentication failed/iu);
  // A connection that was open lives on, and may do nothing.
  const more = admin.createTopics({ topics: [{ topic: topicOf(own) }] });
  expect(await more.then(() => 'done', said)).toMatch(/not authorized/iu);
  await admin.disconnect();
});

test('the user of a killed run is dropped by the next run', async () => {
  const { KAFKA_USERNAME: username } = await leaseAndDie(lab, servers, 'kafka');
  expect(await listUsers(address())).toContain(username);
  expect(await allowedUsers(administrator)).toContain(username);
  await using next = connectStack(servers);
  await (await next.lease({ lab, servers: ['kafka'] }))[Symbol.asyncDispose]();
  expect(await listUsers(address())).not.toContain(username);
  expect(await allowedUsers(administrator)).not.toContain(username);
});

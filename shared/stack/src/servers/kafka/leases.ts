import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { reason, ServerTrouble, ServerUnavailable, StackError } from '../../errors.ts';
import { isOrphan, OWNER_TAG, ownerTag } from '../../owner.ts';
import type { KafkaLease, LeaseRequest, ServerAddress } from '../../types.ts';
import type { Part } from '../part.ts';

const DELETE_MS = 10_000;

/** A prefix for each lease; topics and groups under it go when the lease does. */
export class KafkaLeases implements AsyncDisposable {
  readonly #address: ServerAddress;
  #admin: Promise<Admin> | undefined;
  #reclaimed: Promise<void> | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  async lease(request: LeaseRequest, mark: string): Promise<Part<{ kafka: KafkaLease }>> {
    await guard('reclaim topics', () => (this.#reclaimed ??= this.#reclaim()));
    const prefix = `${request.lab}.${await ownerTag()}_${mark}.`;
    const brokers = this.#address.url.split(',');
    return {
      lease: { kafka: { brokers, prefix } },
      env: { KAFKA_BROKERS: brokers.join(','), KAFKA_PREFIX: prefix },
      release: () => guard('delete topics', () => this.#drop((name) => name.startsWith(prefix))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const admin = await this.#admin?.catch(() => undefined);
    await admin?.disconnect();
  }

  /** Deletes the topics and idle groups whose names `chosen` picks. */
  async #drop(chosen: (name: string) => boolean): Promise<void> {
    const admin = await this.#connect();
    const topics = (await admin.listTopics()).filter(chosen);
    await deleteTopics(admin, topics);
    const { groups } = await admin.listGroups();
    const ids = groups.map((group) => group.groupId).filter(chosen);
    // A group with a member still alive is refused; it ends with that member's session.
    if (ids.length > 0) await admin.deleteGroups(ids).catch(() => {});
  }

  async #reclaim(): Promise<void> {
    const admin = await this.#connect();
    const exclusive = this.#address.provision === 'native';
    const ours = (await admin.listTopics()).filter((topic) => OWNER_TAG.test(topic));
    const orphans = new Set<string>();
    for (const topic of ours) if (await isOrphan(topic, exclusive)) orphans.add(topic);
    await deleteTopics(admin, [...orphans]);
  }

  #connect(): Promise<Admin> {
    this.#admin ??= connect(this.#address);
    return this.#admin;
  }
}

/** The controller answers before the broker's own list follows: resolves when that has. */
async function deleteTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  if (topics.length === 0) return;
  await admin.deleteTopics({ topics: [...topics], timeout: DELETE_MS }).catch((error: unknown) => {
    // Two that reclaim the same leftovers: the other was first.
    if (kafkaCode(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
  });
  const deadline = performance.now() + DELETE_MS;
  while ((await admin.listTopics()).some((topic) => topics.includes(topic))) {
    if (performance.now() > deadline) {
      throw new ServerTrouble('PROBE_FAILED', `topics are still listed after ${DELETE_MS} ms`);
    }
    await sleep(10);
  }
}

/** Kafka's name for what went wrong; kafkajs tells of a retried request around its cause. */
function kafkaCode(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return 'type' in error ? error.type : kafkaCode(error.cause);
}

async function connect(address: ServerAddress): Promise<Admin> {
  const kafka = new Kafka({
    clientId: 'labs-stack',
    brokers: address.url.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3000,
    retry: { retries: 3, initialRetryTime: 50, maxRetryTime: 500 },
  });
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

async function guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      'kafka',
      `kafka could not ${doing}: ${reason(error)}`,
      'npm run labs -- stack status',
      error,
    );
  }
}

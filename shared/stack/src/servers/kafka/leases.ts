import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { reason, ServerTrouble, ServerUnavailable, StackError } from '../../errors.ts';
import { isOrphan, OWNER_TAG, ownerTag } from '../../owner.ts';
import type { LeaseRequest, ServerAddress } from '../../types.ts';
import type { LeasePart, Leases } from '../leases.ts';
import type { KafkaLease } from './types.ts';

const DELETE_MS = 10_000;

/** A prefix for each lease; the topics and groups under it are deleted with the lease. */
export class KafkaLeases implements Leases {
  readonly #address: ServerAddress;
  #admin: Promise<Admin> | undefined;
  #reclaimed: Promise<void> | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  async lease(request: LeaseRequest, suffix: string): Promise<LeasePart> {
    await guard('reclaim topics', () => (this.#reclaimed ??= this.#reclaim()));
    const prefix = `${request.lab}.${await ownerTag()}_${suffix}.`;
    const brokers = this.#address.url.split(',');
    const part: KafkaLease = { brokers, prefix };
    return {
      part,
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
    // Kafka refuses to delete a group that still has a member; it ends with that member's session.
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

/** The controller answers before the broker's own list changes. Resolves when the list has changed. */
async function deleteTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  if (topics.length === 0) return;
  await admin.deleteTopics({ topics: [...topics], timeout: DELETE_MS }).catch((error: unknown) => {
    // Another run reclaimed the same leftovers first.
    if (kafkaCode(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
  });
  const deadline = performance.now() + DELETE_MS;
  while ((await admin.listTopics()).some((topic) => topics.includes(topic))) {
    if (performance.now() > deadline) {
      throw new ServerTrouble('CHECK_FAILED', `topics are still listed after ${DELETE_MS} ms`);
    }
    await sleep(10);
  }
}

/** Kafka's name for the error; kafkajs wraps the cause when it has retried a request. */
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
      'run `npm run labs -- stack status`',
      error,
    );
  }
}

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { reason, ServerTrouble, ServerUnavailable, StackError } from '../../errors.ts';
import { isOrphan, OWNER_TAG, ownerTag } from '../../owner.ts';
import type { LeaseRequest, ServerAddress } from '../../types.ts';
import type { LeasePart, Leases } from '../leases.ts';
import { allowedUsers, allowPrefix, forbidAll } from './acls.ts';
import { type KafkaAddress, type Login, readAddress } from './address.ts';
import type { KafkaLease } from './types.ts';
import { dropUsers, listUsers, putUser } from './users.ts';

const DELETE_MS = 10_000;

/**
 * A prefix for each lease, and a user who may use that prefix alone. The topics and groups under it are
 * deleted with the lease, and so is the user.
 */
export class KafkaLeases implements Leases {
  readonly #address: KafkaAddress;
  /** Only this machine uses the server. */
  readonly #exclusive: boolean;
  #admin: Promise<Admin> | undefined;
  #reclaimed: Promise<void> | undefined;

  constructor({ url, provision }: ServerAddress) {
    this.#address = readAddress(url);
    this.#exclusive = provision === 'native';
  }

  async lease(request: LeaseRequest, suffix: string): Promise<LeasePart> {
    await guard('reclaim topics', () => (this.#reclaimed ??= this.#reclaim()));
    const name = `${request.lab}.${await ownerTag()}_${suffix}`;
    const prefix = `${name}.`;
    const login = await guard('make a user', () => this.#makeUser(name, prefix));
    const { brokers } = this.#address;
    const part: KafkaLease = { brokers, prefix, ...login };
    return {
      part,
      env: {
        KAFKA_BROKERS: brokers.join(','),
        KAFKA_PREFIX: prefix,
        ...(login && { KAFKA_USERNAME: login.username, KAFKA_PASSWORD: login.password }),
      },
      release: () =>
        guard('delete topics', async () => {
          // First, or a program that still runs would make new topics.
          await this.#dropUsers([name]);
          await this.#drop((each) => each.startsWith(prefix));
        }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const admin = await this.#admin?.catch(() => undefined);
    await admin?.disconnect();
  }

  /** Undefined for a broker that asks for no login. */
  async #makeUser(username: string, prefix: string): Promise<Login | undefined> {
    if (this.#address.login === undefined) return undefined;
    const login = { username, password: randomBytes(16).toString('hex') };
    await putUser(this.#address, login);
    await allowPrefix(await this.#connect(), username, prefix);
    return login;
  }

  async #dropUsers(names: readonly string[]): Promise<void> {
    if (this.#address.login === undefined) return;
    const admin = await this.#connect();
    await Promise.all([dropUsers(this.#address, names), forbidAll(admin, names)]);
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
    await this.#dropUsers(await this.#orphans(await this.#users(admin)));
    await deleteTopics(admin, await this.#orphans(await admin.listTopics()));
  }

  /** All users of leases. One that was half made or half dropped may be in one of the lists only. */
  async #users(admin: Admin): Promise<string[]> {
    if (this.#address.login === undefined) return [];
    return [...(await listUsers(this.#address)), ...(await allowedUsers(admin))];
  }

  /** The names whose owner has ended. */
  async #orphans(names: readonly string[]): Promise<string[]> {
    const ours = [...new Set(names)].filter((name) => OWNER_TAG.test(name));
    const ended = await Promise.all(ours.map((name) => isOrphan(name, this.#exclusive)));
    return ours.filter((_, index) => ended[index]);
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

async function connect({ brokers, login }: KafkaAddress): Promise<Admin> {
  const kafka = new Kafka({
    clientId: 'labs-stack',
    brokers: [...brokers],
    ...(login && { sasl: { mechanism: 'plain', ...login } }),
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

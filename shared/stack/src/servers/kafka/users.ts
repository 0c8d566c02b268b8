import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { ServerTrouble } from '../../errors.ts';
import type { KafkaAddress, Login } from './address.ts';
import { ask, compact, compactArray, int32, NO_TAGS, type Reader } from './protocol.ts';

// kafkajs has no request for users.
const DESCRIBE_USER_SCRAM_CREDENTIALS = 50;
const ALTER_USER_SCRAM_CREDENTIALS = 51;
const RESOURCE_NOT_FOUND = 91;

const SCRAM_SHA_512 = Buffer.from([2]);
const SHA_512_BYTES = 64;
/** The fewest that Kafka accepts. */
const ITERATIONS = 4096;
const TIMEOUT_MS = 10_000;

const derive = promisify(pbkdf2);

/** Makes a user who logs in by SCRAM-SHA-512, or changes its password. */
export async function putUser(address: KafkaAddress, user: Login): Promise<void> {
  const salt = randomBytes(16);
  const salted = await derive(user.password, salt, ITERATIONS, SHA_512_BYTES, 'sha512');
  const change = Buffer.concat([
    compact(user.username),
    SCRAM_SHA_512,
    int32(ITERATIONS),
    compact(salt),
    compact(salted),
    NO_TAGS,
  ]);
  await alter(address, [], [change]);
}

/** Does nothing if there is no such user. */
export async function dropUsers(address: KafkaAddress, names: readonly string[]): Promise<void> {
  // One by one: the request has room for few, and there are hardly ever more than two.
  for (const name of names) {
    await alter(address, [Buffer.concat([compact(name), SCRAM_SHA_512, NO_TAGS])], []);
  }
}

/** The names of all users who log in by SCRAM. */
export async function listUsers(address: KafkaAddress): Promise<string[]> {
  const body = Buffer.concat([compactArray([]), NO_TAGS]);
  const request = {
    api: DESCRIBE_USER_SCRAM_CREDENTIALS,
    version: 0,
    flexible: true,
    body,
  } as const;
  return ask(address, request, readUsers, TIMEOUT_MS);
}

function readUsers(answer: Reader): string[] {
  // How long it was throttled.
  answer.int32();
  refuse(answer.int16(), answer.compactString());
  return answer.compactArray(() => {
    const name = answer.compactString();
    answer.int16();
    answer.compactString();
    answer.compactArray(() => {
      // Mechanism, iterations.
      answer.int8();
      answer.int32();
      answer.tags();
    });
    answer.tags();
    return name;
  });
}

async function alter(
  address: KafkaAddress,
  deletions: readonly Buffer[],
  changes: readonly Buffer[],
): Promise<void> {
  const body = Buffer.concat([compactArray(deletions), compactArray(changes), NO_TAGS]);
  const request = { api: ALTER_USER_SCRAM_CREDENTIALS, version: 0, flexible: true, body } as const;
  await ask(address, request, needAltered, TIMEOUT_MS);
}

function needAltered(answer: Reader): void {
  answer.int32();
  answer.compactArray(() => {
    answer.compactString();
    const code = answer.int16();
    const message = answer.compactString();
    if (code !== RESOURCE_NOT_FOUND) refuse(code, message);
    answer.tags();
  });
}

function refuse(code: number, message: string): void {
  if (code !== 0) throw new ServerTrouble('CHECK_FAILED', message || `Kafka answers error ${code}`);
}

import { join } from 'node:path';
import { openStack, stackDown } from '@backend-labs/stack';
import { Redis } from 'ioredis';
import { ClassError } from '../errors.ts';

export const QUEUE = 'grade';
export const PREFIX = 'labs-class';

/** Seconds for which the queue keeps what nobody fetches. */
export const KEEP = 7 * 86_400;

const RETRY_MS = 250;

/** Keys beside BullMQ's own. */
export const keys = {
  /** The files of a pack, by its digest. */
  pack: (digest: string) => `${PREFIX}:pack:${digest}`,
  /** What a worker answered; the first answer to a job stays. */
  answer: (job: string) => `${PREFIX}:answer:${job}`,
  /** The worker that is at it. It renews this for as long as it lives. */
  claim: (job: string) => `${PREFIX}:claim:${job}`,
} as const;

interface Context {
  readonly root: string;
  readonly stateDir: string;
  readonly onProgress?: (line: string) => void;
}

/** The state folder of the queue's own Redis. */
function queueState(stateDir: string): string {
  return join(stateDir, 'class-queue');
}

/**
 * Finds or starts the queue's own Redis on this machine. It is not the stack's: students' programs
 * log in to that one, and a program that can write to the queue can write marks.
 *
 * @returns its URL, with its password.
 * @throws ClassError `NO_QUEUE`.
 */
export async function openQueueRedis({ root, stateDir, onProgress }: Context): Promise<string> {
  if ((process.env['LABS_REDIS_URL'] ?? '') !== '') {
    const message =
      'LABS_REDIS_URL names the Redis of the students’ programs. Give the queue another one: --redis URL.';
    throw new ClassError('NO_QUEUE', message);
  }
  const state = queueState(stateDir);
  const { servers, missing } = await openStack(['redis'], {
    root,
    stateDir: state,
    ...(onProgress && { onProgress }),
  });
  if (servers['redis']) return servers['redis'].url;
  const [trouble] = missing;
  const message = trouble ? `${trouble.message}. ${trouble.fix}.` : 'Redis cannot be started.';
  throw new ClassError('NO_QUEUE', message, { cause: trouble });
}

/** Stops the queue's own Redis, if it runs. */
export async function stopQueueRedis({ root, stateDir }: Context): Promise<void> {
  await stackDown({ root, stateDir: queueState(stateDir) }, ['redis']);
}

/** @throws ClassError `NO_QUEUE` when it is not the URL of a Redis, or that of the students' programs. */
export function checkQueueUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ClassError('NO_QUEUE', NOT_A_URL, { cause });
  }
  if (!/^rediss?:$/u.test(url.protocol)) throw new ClassError('NO_QUEUE', NOT_A_URL);
  const students = process.env['LABS_REDIS_URL'];
  if (students && URL.canParse(students) && new URL(students).host === url.host) {
    const message =
      'The queue needs a Redis of its own: LABS_REDIS_URL names the same server, and students’ programs log in there.';
    throw new ClassError('NO_QUEUE', message);
  }
  return url.href;
}

const NOT_A_URL =
  '--redis takes a URL such as redis://:secret@127.0.0.1:6379 or rediss://queue.example.org.';

/**
 * Resolves when the queue answers.
 *
 * @param patienceMs a queue that cannot be reached is tried again for so long: it may be starting.
 * @throws ClassError `NO_QUEUE`, with what Redis or the network says.
 */
export async function requireQueue(url: string, patienceMs = 0): Promise<void> {
  const deadline = performance.now() + patienceMs;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    maxRetriesPerRequest: null,
    retryStrategy: () => (performance.now() < deadline ? RETRY_MS : null),
  });
  let trouble: unknown;
  client.on('error', (error: unknown) => {
    trouble ??= error;
  });
  try {
    await client.ping();
  } catch (error) {
    const said = trouble ?? error;
    const { host } = new URL(url);
    const why = said instanceof Error ? said.message : String(said);
    const message = `The queue at ${host} does not answer (${why}). Check its address and its password.`;
    throw new ClassError('NO_QUEUE', message, { cause: error });
  } finally {
    client.disconnect();
  }
}

/** A connection that waits through a restart of Redis. BullMQ demands both settings of it. */
export function connect(url: string): Redis {
  const client = new Redis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    connectTimeout: 5000,
    retryStrategy: (times) => Math.min(times * 100, 1000),
  });
  // It says so at each try; the caller sees that nothing comes.
  client.on('error', () => {});
  return client;
}

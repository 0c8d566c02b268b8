import type { ConsumeMessage } from 'amqplib';

/** Trying again will not help. */
export class Permanent extends Error {}

/** The header with the number of tries, which only this worker writes. People read `x-attempts`. */
export const TRIES = 'x-media-tries';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** The job that a message asks for. Throws `Permanent` if the message names no job. */
export function jobIdOf({ content }: ConsumeMessage): string {
  let body: unknown;
  try {
    body = JSON.parse(content.toString('utf8'));
  } catch (cause) {
    throw new Permanent('the message is not JSON', { cause });
  }
  if (typeof body === 'object' && body !== null && 'jobId' in body) {
    const { jobId } = body;
    if (typeof jobId === 'string' && UUID.test(jobId)) return jobId;
  }
  throw new Permanent('the message names no job');
}

/** How often the job was tried before this delivery. */
export function attemptsOf({ properties }: ConsumeMessage): number {
  const attempts: unknown = properties.headers?.[TRIES];
  return typeof attempts === 'number' ? attempts : 0;
}

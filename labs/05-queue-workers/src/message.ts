import type { ConsumeMessage } from 'amqplib';

/** The job that a message asks for. Throws if the message names no job. */
export function jobIdOf({ content }: ConsumeMessage): string {
  const body: unknown = JSON.parse(content.toString('utf8'));
  if (typeof body !== 'object' || body === null || !('jobId' in body)) {
    throw new Error('the message names no job');
  }
  return String(body.jobId);
}

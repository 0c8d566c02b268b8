import type { ConsumeMessage } from 'amqplib';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** The job that a message asks for, or `undefined` if the message names no job. */
export function jobIdOf({ content }: ConsumeMessage): string | undefined {
  try {
    const { jobId } = JSON.parse(content.toString('utf8')) as { jobId?: unknown };
    return typeof jobId === 'string' && UUID.test(jobId) ? jobId : undefined;
  } catch {
    return undefined;
  }
}

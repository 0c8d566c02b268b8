import type { ConsumeMessage } from 'amqplib';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** The job that a message asks for, or `undefined` when the message is not one of ours. */
export function jobIdOf({ content }: ConsumeMessage): string | undefined {
  try {
    const { jobId } = JSON.parse(content.toString('utf8')) as { jobId?: unknown };
    return typeof jobId === 'string' && UUID.test(jobId) ? jobId : undefined;
  } catch {
    return undefined;
  }
}

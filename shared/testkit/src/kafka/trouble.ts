import { setTimeout as sleep } from 'node:timers/promises';
import { ProbeTrouble } from '../errors.ts';

const READY_WITHIN_MS = 10_000;
const AGAIN_MS = 20;

/**
 * Trouble with the broker becomes a `ProbeTrouble`. What it itself calls retriable ("coordinator is
 * loading") is asked again for a while.
 */
export async function doing<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isRetriable(error) || performance.now() - begun > READY_WITHIN_MS) {
        throw new ProbeTrouble('kafka', what, error);
      }
      await sleep(AGAIN_MS);
    }
  }
}

/** kafkajs has retried connections already when it gives up on one. */
function isRetriable(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'KafkaJSProtocolError') return false;
  return 'retriable' in error && error.retriable === true;
}

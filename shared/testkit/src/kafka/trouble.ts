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

/**
 * Looks at the cause too: kafkajs wraps it when it gives up. Of a connection it has asked often enough
 * by then.
 */
function isRetriable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name !== 'KafkaJSProtocolError') return isRetriable(error.cause);
  return 'retriable' in error && error.retriable === true;
}

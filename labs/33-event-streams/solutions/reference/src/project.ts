import type { KafkaMessage } from 'kafkajs';
import { park } from './dead-letters.ts';
import type { Deps } from './deps.ts';
import { InvalidEvent, readEvent } from './event.ts';
import { bytesOf } from './storage.ts';
import { applyOnce } from './usage.ts';

/**
 * Applies one record of the topic to the tables, or parks it when it is not an event. Any other
 * failure is thrown: the record is not at fault, and comes again.
 */
export async function project(deps: Deps, partition: number, message: KafkaMessage): Promise<void> {
  try {
    const event = readEvent(message.value);
    if (event) await applyOnce(deps.pool, event, await bytesOf(event, deps.sizeOf));
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    await park(deps, partition, message, error.message);
  }
}

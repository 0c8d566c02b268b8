import type { KafkaMessage } from 'kafkajs';
import { park } from './dead-letters.ts';
import type { Deps } from './deps.ts';
import { InvalidEvent, type MediaEvent, parseEvent } from './event.ts';
import type { SizeOf } from './storage.ts';
import { applyOnce } from './usage.ts';

/**
 * Applies one record of the topic to the tables, or parks it when it is no event. Any other failure
 * is thrown: the record is not at fault, and comes again.
 */
export async function project(deps: Deps, partition: number, message: KafkaMessage): Promise<void> {
  try {
    const event = parseEvent(fromJson(message.value));
    await applyOnce(deps.pool, event, await bytesOf(event, deps.sizeOf));
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    await park(deps, partition, message, error.message);
  }
}

function fromJson(value: Buffer | null): unknown {
  try {
    return JSON.parse(String(value));
  } catch (cause) {
    throw new InvalidEvent('it is not JSON', { cause });
  }
}

async function bytesOf(event: MediaEvent, sizeOf: SizeOf): Promise<number> {
  if (event.type === 'plan.changed') return 0;
  return 'bytes' in event ? event.bytes : sizeOf(event.object);
}

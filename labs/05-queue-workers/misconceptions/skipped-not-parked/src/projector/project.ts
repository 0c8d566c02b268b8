import type { KafkaMessage } from 'kafkajs';
import { log } from '../log.ts';
import { InvalidEvent, type MediaEvent, parseEvent } from './event.ts';
import { sizeOf } from './storage.ts';
import { applyOnce } from './usage.ts';

/**
 * Applies one record of the topic to the tables, or skips it when it is no event. Any other failure
 * is thrown: the record is not at fault, and comes again.
 */
export async function project(partition: number, message: KafkaMessage): Promise<void> {
  try {
    const event = parseEvent(fromJson(message.value));
    await applyOnce(event, await bytesOf(event));
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    log.error({ partition, offset: message.offset, err: error }, 'a bad record was skipped');
  }
}

function fromJson(value: Buffer | null): unknown {
  try {
    return JSON.parse(String(value));
  } catch (cause) {
    throw new InvalidEvent('it is not JSON', { cause });
  }
}

async function bytesOf(event: MediaEvent): Promise<number> {
  if (event.type === 'plan.changed') return 0;
  return 'bytes' in event ? event.bytes : sizeOf(event.object);
}

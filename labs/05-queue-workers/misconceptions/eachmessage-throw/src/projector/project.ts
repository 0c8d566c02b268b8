import type { KafkaMessage } from 'kafkajs';
import type { Deps } from './deps.ts';
import { type MediaEvent, parseEvent } from './event.ts';
import type { SizeOf } from './storage.ts';
import { applyOnce } from './usage.ts';

/** Applies one record of the topic to the tables. What fails is thrown, and comes again. */
export async function project(
  deps: Deps,
  _partition: number,
  message: KafkaMessage,
): Promise<void> {
  const event = parseEvent(fromJson(message.value));
  await applyOnce(deps.pool, event, await bytesOf(event, deps.sizeOf));
}

function fromJson(value: Buffer | null): unknown {
  try {
    return JSON.parse(String(value));
  } catch (cause) {
    throw new Error('the record is not JSON', { cause });
  }
}

async function bytesOf(event: MediaEvent, sizeOf: SizeOf): Promise<number> {
  if (event.type === 'plan.changed') return 0;
  return 'bytes' in event ? event.bytes : sizeOf(event.object);
}

import type { KafkaMessage } from 'kafkajs';
import { parseEvent } from './event.ts';
import { sizeOf } from './storage.ts';
import { addUsage, changePlan } from './usage.ts';

/** Applies one record of the topic to the tables. */
export async function project({ value }: KafkaMessage): Promise<void> {
  const event = parseEvent(JSON.parse(String(value)));
  if (event.type === 'plan.changed') {
    await changePlan(event);
    return;
  }
  const bytes = 'bytes' in event ? event.bytes : await sizeOf(event.object);
  await addUsage(event, bytes);
}

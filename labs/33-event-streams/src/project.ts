import type { KafkaMessage } from 'kafkajs';
import type { Deps } from './deps.ts';
import { parseEvent } from './event.ts';
import { addUsage, changePlan } from './usage.ts';

/** Applies one record of the topic to the tables. */
export async function project({ pool, sizeOf }: Deps, { value }: KafkaMessage): Promise<void> {
  const event = parseEvent(JSON.parse(String(value)));
  if (event.type === 'plan.changed') {
    await changePlan(pool, event);
    return;
  }
  const bytes = 'bytes' in event ? event.bytes : await sizeOf(event.object);
  await addUsage(pool, event, bytes);
}

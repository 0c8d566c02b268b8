import type { KafkaMessage } from 'kafkajs';
import { park } from './dead-letters.ts';
import { InvalidEvent, type MediaEvent, parseEvent } from './event.ts';
import { producer, TOPIC } from './kafka.ts';
import { sizeOf } from './storage.ts';
import { applyOnce } from './usage.ts';

/**
 * Applies one record of the topic to the tables, or parks it when it is no event. After any other
 * failure it is sent again.
 */
export async function project(partition: number, message: KafkaMessage): Promise<void> {
  try {
    const event = parseEvent(fromJson(message.value));
    await applyOnce(event, await bytesOf(event));
  } catch (error) {
    if (error instanceof InvalidEvent) await park(partition, message, error.message);
    else await sendAgain(message);
  }
}

async function sendAgain({ key, value, headers }: KafkaMessage): Promise<void> {
  await producer.send({ topic: TOPIC, messages: [{ key, value, headers: { ...headers } }] });
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

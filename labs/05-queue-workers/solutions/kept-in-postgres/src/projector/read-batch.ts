import type { KafkaMessage } from 'kafkajs';
import type { BadRecord } from './dead-letters.ts';
import { InvalidEvent, type MediaEvent, parseEvent } from './event.ts';
import type { SizeOf } from './storage.ts';

/** An event with all that is needed to apply it. */
export interface Ready {
  readonly offset: bigint;
  readonly event: MediaEvent;
  /** What was stored; 0 for other events. */
  readonly bytes: number;
}

export interface ReadBatch {
  /** In the order of the topic. */
  readonly events: readonly Ready[];
  readonly bad: readonly BadRecord[];
}

/** Reads records, and asks for the sizes that are missing. Touches nothing. */
export async function readBatch(
  messages: readonly KafkaMessage[],
  sizeOf: SizeOf,
): Promise<ReadBatch> {
  const events: Ready[] = [];
  const bad: BadRecord[] = [];
  for (const message of messages) {
    try {
      const event = parseEvent(fromJson(message.value));
      events.push({ offset: BigInt(message.offset), event, bytes: await bytesOf(event, sizeOf) });
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      bad.push({ message, reason: error.message });
    }
  }
  return { events, bad };
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

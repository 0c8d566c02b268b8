import type { KafkaMessage } from 'kafkajs';
import type { BadRecord } from './dead-letters.ts';
import { type AccountEvent, InvalidEvent, readEvent } from './event.ts';
import { bytesOf, type SizeOf } from './storage.ts';

/** An event with everything that is needed to apply it. */
export interface Ready {
  readonly offset: bigint;
  readonly event: AccountEvent;
  /** The size of the stored file; 0 for other events. */
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
      const event = readEvent(message.value);
      if (!event) continue;
      events.push({ offset: BigInt(message.offset), event, bytes: await bytesOf(event, sizeOf) });
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      bad.push({ message, reason: error.message });
    }
  }
  return { events, bad };
}

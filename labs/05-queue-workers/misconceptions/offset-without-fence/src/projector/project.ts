import type { Batch } from 'kafkajs';
import { park } from './dead-letters.ts';
import { readBatch } from './read-batch.ts';
import { applyAll, nextOffset } from './usage.ts';

/**
 * Applies a batch to the tables, whole or not at all; what is no event is parked first. Failures
 * that are not a record's own are thrown: the batch comes again.
 */
export async function project(batch: Batch): Promise<void> {
  const applied = await nextOffset(batch.partition);
  const { events, bad } = await readBatch(
    batch.messages.filter(({ offset }) => BigInt(offset) >= applied),
  );
  const next = BigInt(batch.lastOffset()) + 1n;
  await park(batch.partition, bad);
  if (next > applied) await applyAll(batch.partition, events, next);
}

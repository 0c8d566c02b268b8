import type { Batch } from 'kafkajs';
import { park } from './dead-letters.ts';
import { readBatch } from './read-batch.ts';
import { applyFrom } from './usage.ts';

/**
 * Applies a batch to the tables, whole or not at all; what is no event is parked first. Failures
 * that are not a record's own are thrown: the batch comes again.
 */
export async function project(batch: Batch): Promise<void> {
  const { events, bad } = await readBatch(batch.messages);
  await park(batch.partition, bad);
  await applyFrom(batch.partition, events, BigInt(batch.lastOffset()) + 1n);
}

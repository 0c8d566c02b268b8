import type { Batch } from 'kafkajs';
import { park } from './dead-letters.ts';
import type { Deps } from './deps.ts';
import { readBatch } from './read-batch.ts';
import { applyFrom } from './usage.ts';

/**
 * Applies a batch to the tables, whole or not at all, after it has parked the records that are not
 * events. It throws every failure that is not about a record: the batch comes again.
 */
export async function project(deps: Deps, batch: Batch): Promise<void> {
  const { events, bad } = await readBatch(batch.messages, deps.sizeOf);
  await park(deps, batch.partition, bad);
  await applyFrom(deps.pool, batch.partition, events, BigInt(batch.lastOffset()) + 1n);
}

import type { Batch } from 'kafkajs';
import { park } from './dead-letters.ts';
import type { Deps } from './deps.ts';
import { readBatch } from './read-batch.ts';
import { applyAll, nextOffset } from './usage.ts';

/**
 * Applies a batch to the tables, whole or not at all; what is no event is parked first. Failures
 * that are not a record's own are thrown: the batch comes again.
 */
export async function project(deps: Deps, batch: Batch): Promise<void> {
  const applied = await nextOffset(deps.pool, batch.partition);
  const { events, bad } = await readBatch(
    batch.messages.filter(({ offset }) => BigInt(offset) >= applied),
    deps.sizeOf,
  );
  const next = BigInt(batch.lastOffset()) + 1n;
  await park(deps, batch.partition, bad);
  if (next > applied) await applyAll(deps.pool, batch.partition, events, next);
}

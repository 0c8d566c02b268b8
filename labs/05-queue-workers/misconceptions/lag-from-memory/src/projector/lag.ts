import type { RequestHandler } from 'express';
import type { Consumer } from 'kafkajs';
import type { Deps } from './deps.ts';

interface PartitionLag {
  readonly partition: number;
  readonly end: number;
  readonly committed: number;
  readonly lag: number;
}

const partitions = new Map<number, PartitionLag>();

/** Keeps what kafkajs says of each batch. */
export function watchLag(consumer: Consumer): void {
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const { partition, highWatermark, lastOffset, offsetLag } = payload;
    partitions.set(partition, {
      partition,
      end: Number(highWatermark),
      committed: Number(lastOffset) + 1,
      lag: Number(offsetLag),
    });
  });
}

/** `GET /lag`: how far the group is behind the topic. */
export function readLag(_deps: Deps): RequestHandler {
  return (_req, res) => {
    const sorted = [...partitions.values()].toSorted((a, b) => a.partition - b.partition);
    res.json({ lag: sorted.reduce((sum, { lag }) => sum + lag, 0), partitions: sorted });
  };
}

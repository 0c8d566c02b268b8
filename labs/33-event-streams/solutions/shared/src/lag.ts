import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { GROUP, TOPIC } from './kafka.ts';

/** `GET /lag`: how far the group is behind the topic, as the broker has it. */
export function readLag({ admin }: Deps): RequestHandler {
  return async (_req, res) => {
    const [ends, [group]] = await Promise.all([
      admin.fetchTopicOffsets(TOPIC),
      admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] }),
    ]);
    const commits = new Map(group?.partitions.map((one) => [one.partition, Number(one.offset)]));
    const partitions = ends
      .map(({ partition, high }) => {
        const end = Number(high);
        // kafkajs says -1 where nothing was committed.
        const committed = Math.max(commits.get(partition) ?? 0, 0);
        return { partition, end, committed, lag: end - committed };
      })
      .toSorted((a, b) => a.partition - b.partition);
    res.json({ lag: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions });
  };
}

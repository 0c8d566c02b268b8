import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { readTopic } from './read-topic.ts';

/** A row of `usage`, in bytes: what it says, and what the events come to. */
interface Difference {
  accountId: string;
  day: string;
  plan: string;
  usage: number;
  events: number;
}

/** `GET /audit`: where `usage` differs from the events on the topic. */
export function audit(deps: Deps): RequestHandler {
  return async (_req, res) => {
    const records = await readTopic(deps);
    // TODO(task 1): add up the events, and compare with `usage`.
    const wrong: Difference[] = [];
    res.json({ events: records.length, wrong });
  };
}

import type { RequestHandler } from 'express';
import type { Deps } from './deps.ts';
import { type AccountEvent, InvalidEvent, readEvent } from './event.ts';
import { readTopic, type TopicRecord } from './read-topic.ts';
import { bytesOf, type SizeOf } from './storage.ts';

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
    const differences = new Differences();
    const plans = new Map<string, string>();
    let events = 0;
    for (const record of await readTopic(deps)) {
      const read = await eventWithBytes(record, deps.sizeOf);
      if (!read) continue;
      events += 1;
      const { event, bytes } = read;
      const { accountId, at } = event;
      if (event.type === 'plan.changed') plans.set(accountId, event.plan);
      else differences.at(accountId, at.slice(0, 10), plans.get(accountId)).events += bytes;
    }
    const { rows } = await deps.pool.query<{ id: string; day: string; plan: string; sum: number }>(
      'SELECT account_id AS id, day::text, plan, bytes::float8 AS sum FROM usage',
    );
    for (const { id, day, plan, sum } of rows) differences.at(id, day, plan).usage = sum;
    res.json({ events, wrong: differences.wrong() });
  };
}

class Differences {
  readonly #rows = new Map<string, Difference>();

  /** The row of an account, a day and a plan; made when it is new. */
  at(accountId: string, day: string, plan = 'free'): Difference {
    const key = JSON.stringify([accountId, day, plan]);
    const row = this.#rows.get(key) ?? { accountId, day, plan, usage: 0, events: 0 };
    this.#rows.set(key, row);
    return row;
  }

  wrong(): Difference[] {
    return [...this.#rows.values()].filter(({ usage, events }) => usage !== events);
  }
}

/** The event of a record, or nothing when the projector does not apply it. */
async function eventWithBytes(
  { value }: TopicRecord,
  sizeOf: SizeOf,
): Promise<{ event: AccountEvent; bytes: number } | undefined> {
  try {
    const event = readEvent(value);
    return event && { event, bytes: await bytesOf(event, sizeOf) };
  } catch (error) {
    if (error instanceof InvalidEvent) return undefined;
    throw error;
  }
}

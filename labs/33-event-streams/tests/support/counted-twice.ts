import { eventually, type KafkaProbe, lesson, type PostgresProbe } from '@backend-labs/testkit';
import { records, stored, usage } from './events.ts';
import type { Group } from './group.ts';
import { EVENTS } from './names.ts';

interface Doubled {
  readonly topics: KafkaProbe;
  readonly group: Group;
  readonly postgres: PostgresProbe;
  /** What happened, and what usage says: two sentences. */
  readonly observed: string;
}

const BYTES = 5;
let tries = 0;

/**
 * Throws the lesson for events that were counted again by another process. Whether the process that
 * runs now remembers its own events is found out by sending it one event three times.
 */
export async function explainDouble({ topics, group, postgres, observed }: Doubled) {
  const account = `twice-${(tries += 1)}`;
  const event = stored(account, BYTES);
  await topics.produce(EVENTS, records(5, [event, event, event]));
  await group.caughtUp();
  const row = await eventually(
    'usage of an account whose event was sent three times',
    async () => (await usage(postgres, account))[0],
  );
  if (row.endsWith(` ${BYTES}`)) {
    lesson('applied-in-memory', {
      observed: `${observed} But of an event that one process got three times, only the first was counted.`,
      meaning:
        'The memory of a process ends with it, and its successor gets the same records again. A memory of the applied events must live as long as their effect.',
      lookAt: 'where the effect is stored, and what else could be stored there.',
    });
  }
  lesson('autocommit-is-exactly-once', {
    observed,
    meaning:
      'The offset is in Kafka and the sum is in Postgres, and nothing commits both. A process can always be killed between the two, and offsets can be set back. Kafka delivers a record at least once. If it is added twice, the reader has done that.',
    lookAt: 'how the transaction that adds an event could know that it was added before.',
  });
}

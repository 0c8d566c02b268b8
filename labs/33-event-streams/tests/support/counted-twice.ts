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
 * runs now knows what it did itself is asked for by sending it one event twice.
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
      observed: `${observed} Yet of an event that was sent three times to one process only the first was counted.`,
      meaning:
        'What a process remembers ends with it, and its successor is handed the same records again. A memory of what was applied must live as long as what was applied.',
      lookAt: 'where the effect is kept, and what else could be kept there.',
    });
  }
  lesson('autocommit-is-exactly-once', {
    observed,
    meaning:
      "The offset is in Kafka and the sum in Postgres, and nothing commits both: between the two there is always a moment to be killed in, and offsets can be set back. Kafka hands a record out at least once; adding it up twice is the reader's doing.",
    lookAt: 'how the transaction that adds an event up could know that it was added up before.',
  });
}

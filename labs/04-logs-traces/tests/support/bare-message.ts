import {
  expect,
  explain,
  happens,
  lesson,
  type PostgresProbe,
  type RabbitProbe,
} from '@backend-labs/testkit';
import { type Checkout, publishBare } from './checkouts.ts';

/** Asserts that the worker ships a checkout whose message has no headers. */
export async function shipsBare(
  postgres: PostgresProbe,
  rabbitmq: RabbitProbe,
  checkout: Checkout,
): Promise<void> {
  const id = await publishBare(postgres, rabbitmq, checkout);
  const state = async (): Promise<string | undefined> => {
    const sql = 'SELECT state FROM checkouts WHERE id = $1';
    const [row] = await postgres.query<{ state: string }>(sql, [id]);
    return row?.state;
  };
  await happens(async () => (await state()) === 'shipped', { within: 3_000 });
  const found = await state();
  await explain(
    () => expect(found, 'state of a checkout whose message has no headers').toBe('shipped'),
    async () => {
      const queue = await rabbitmq.queue('checkout.requested');
      if (queue?.ready !== 0) return;
      lesson('old-messages-dropped', {
        observed: `A message without headers left the queue, and its checkout is still "${String(found)}".`,
        meaning:
          'A deploy does not empty the queue: messages of the old version meet the new worker. A checkout must not be lost because its message lacks telemetry.',
        lookAt: 'what the worker does with a header that is not there.',
      });
    },
  );
}

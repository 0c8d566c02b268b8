import { randomUUID } from 'node:crypto';
import {
  expect,
  explain,
  lesson,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import type { Checkout } from './checkouts.ts';

export interface ExpectedAnswer {
  readonly method: string;
  readonly path: string;
  readonly sent?: unknown;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the starter answers. The checkout with this id was shipped. */
export function answersOf(checkout: Checkout, id: string): readonly ExpectedAnswer[] {
  const get = (path: string) => ({ method: 'GET', path: `/v1/checkouts/${path}` });
  const post = (sent: object) => ({ method: 'POST', path: '/v1/checkouts', sent });
  const { orderId } = checkout;
  const unknown = { status: 404, body: { error: 'no such checkout' } };
  const invalid = { status: 400, body: { error: expect.any(String) as unknown } };
  const requested = { id: expect.any(String) as unknown, orderId, state: 'requested' };
  return [
    { ...get(id), status: 200, body: { id, orderId, state: 'shipped' } },
    { ...get(randomUUID()), ...unknown },
    { ...get(`0${id}`), ...unknown },
    { ...get(`${id}0`), ...unknown },
    { method: 'GET', path: '/v1/shops', status: 404, body: { error: 'no such route' } },
    { method: 'GET', path: '/healthz', status: 200, body: { status: 'ok' } },
    { ...post({ ...checkout, amount: 1 }), status: 202, body: requested },
    { ...post({ ...checkout, amount: 0 }), ...invalid },
    { ...post({ ...checkout, amount: 1.5 }), ...invalid },
    { ...post({ ...checkout, card: null }), ...invalid },
    { ...post({ ...checkout, orderId: 7 }), ...invalid },
    {
      ...post({ ...checkout, amount: 2_000_000 }),
      status: 500,
      body: { error: 'internal error' },
    },
  ];
}

/** Asserts that a request is answered as the starter answers it. */
export async function expectAnswer(
  api: StartedService,
  { method, path, sent, status, body }: ExpectedAnswer,
): Promise<void> {
  const answer = await api.request<Record<string, unknown>>(method, path, { body: sent });
  const what = `answer to ${method} ${path}${sent === undefined ? '' : ` ${JSON.stringify(sent)}`}`;
  await explain(
    () => expect({ status: answer.status, body: answer.body }, what).toEqual({ status, body }),
    () => {
      if (answer.status !== status || typeof answer.body !== 'object') return;
      const added = Object.keys(answer.body).filter((name) => !(name in body));
      if (added.length === 0) return;
      lesson('answer-changed', {
        observed: `The ${what} has ${added.join(' and ')}, which it did not have before.`,
        meaning:
          'Clients read the body, and some refuse members that they do not know. Telemetry has places of its own: a header of the answer, the log and the trace.',
        lookAt: 'the code that writes the body of this answer.',
      });
    },
  );
}

/** What the database has of a checkout; `to` is where it was shipped. */
export function rowsOf(postgres: PostgresProbe, id: string): Promise<readonly object[]> {
  return postgres.query(
    `SELECT order_id, amount, card_last4, c.email, c.street, c.country,
            json_build_object('email', s.email, 'street', s.street, 'country', s.country) AS to
       FROM checkouts AS c JOIN shipments AS s ON s.checkout_id = c.id
      WHERE c.id = $1`,
    [id],
  );
}

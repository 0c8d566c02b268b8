import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Answer,
  type CallOptions,
  type Draw,
  eventually,
  type PostgresProbe,
  type RabbitProbe,
  type StartedService,
} from '@backend-labs/testkit';

export interface Checkout {
  readonly orderId: string;
  readonly amount: number;
  readonly card: { readonly number: string };
  readonly customer: { readonly email: string; readonly street: string; readonly country: string };
}

export interface Requested {
  readonly id: string;
  readonly orderId: string;
}

/** A valid checkout that differs from all others. */
export function drawCheckout(draw: Draw): Checkout {
  return {
    orderId: `ord_${draw.word(10)}`,
    amount: draw.int(100, 90_000),
    card: { number: `4${String(draw.int(1e14, 9e14))}` },
    customer: {
      email: `${draw.word(10)}@mail.test`,
      street: `${draw.int(1, 99)} house at ${draw.word(10)} road`,
      country: 'DE',
    },
  };
}

export function post(
  api: StartedService,
  checkout: unknown,
  options: CallOptions = {},
): Promise<Answer<Requested>> {
  return api.post<Requested>('/v1/checkouts', checkout, options);
}

/** Waits until the worker has shipped these. */
export async function eventuallyShipped(
  postgres: PostgresProbe,
  ids: readonly string[],
): Promise<void> {
  await eventually(
    `${ids.length} checkouts to be shipped`,
    async () => (await manyShipped(postgres, ids)) === ids.length,
    { within: 15_000, every: 50 },
  );
}

/** How many of these the worker has shipped. */
export async function manyShipped(
  postgres: PostgresProbe,
  ids: readonly string[],
): Promise<number> {
  const [row] = await postgres.query<{ many: number }>(
    `SELECT count(*)::int AS many FROM checkouts WHERE state = 'shipped' AND id = ANY ($1::uuid[])`,
    [ids],
  );
  return row?.many ?? 0;
}

/** One more than the worker of the starter takes at a time. */
export const MORE = 11;

/** Ships more checkouts: what the worker does with those before is done then. */
export async function shipMore(
  draw: Draw,
  api: StartedService,
  postgres: PostgresProbe,
): Promise<void> {
  const ids: string[] = [];
  for (let sent = 0; sent < MORE; sent += 1) {
    ids.push((await post(api, drawCheckout(draw))).expect(202).body.id);
  }
  await eventuallyShipped(postgres, ids);
}

/** A trace as a client begins it. */
export interface ClientTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly header: { readonly traceparent: string };
}

export function newTrace(): ClientTrace {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, header: { traceparent: `00-${traceId}-${spanId}-01` } };
}

/** Asks for a checkout as the version before did: with a message that has no headers. Answers its id. */
export async function publishBare(
  postgres: PostgresProbe,
  rabbitmq: RabbitProbe,
  { orderId, amount, card, customer }: Checkout,
): Promise<string> {
  const id = randomUUID();
  const { email, street, country } = customer;
  await postgres.query(
    `INSERT INTO checkouts (id, order_id, amount, email, street, country, card_last4)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [id, orderId, amount, email, street, country, card.number.slice(-4)],
  );
  const message = { checkoutId: id, orderId, customer };
  await rabbitmq.publish(message, { routingKey: 'checkout.requested' });
  return id;
}

import {
  type Answer,
  expect,
  happens,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';

export const ACCOUNT = 57;
export const OTHER_ACCOUNT = 58;

export interface Charge {
  readonly id: string;
  readonly amount: number;
  readonly status: string;
  readonly refunded: number;
}

export interface Tap {
  readonly key: string;
  readonly source: string;
  readonly account?: number;
  readonly amount?: number;
}

/** What a tap sends to `POST /v1/charges`. */
export function requestOf({ key, source, account = ACCOUNT, amount = 1250 }: Tap) {
  return {
    body: { amount, currency: 'EUR', source },
    headers: {
      'x-account-id': String(account),
      'idempotency-key': key,
      'content-type': 'application/json',
    },
  };
}

/** Sends `POST /v1/charges`. `body` replaces the body that the tap would have. */
export function pay(
  service: StartedService,
  tap: Tap,
  options: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  return service.request('POST', '/v1/charges', { ...requestOf(tap), ...options });
}

/** Sends a tap again while the answer is one of these, for so long, and answers the last. */
export async function retryWhile(
  statuses: readonly number[],
  within: number,
  service: StartedService,
  tap: Tap,
): Promise<Answer> {
  let last = await pay(service, tap);
  const isOver = async (): Promise<boolean> => {
    if (statuses.includes(last.status)) last = await pay(service, tap);
    return !statuses.includes(last.status);
  };
  await happens(isOver, { within });
  return last;
}

/** The charge of an answer that must have one. Fails as an assertion, whatever the body is. */
export function chargeOf(answer: Answer): Charge {
  const { body } = answer;
  expect(body, `${answer.request} must answer { "charge": { … } }`).toMatchObject({
    charge: { id: expect.any(String), amount: expect.any(Number), status: expect.any(String) },
  });
  return (body as { charge: Charge }).charge;
}

/** The charge as it is now. */
export async function readCharge(service: StartedService, id: string): Promise<Charge> {
  const headers = { 'x-account-id': String(ACCOUNT) };
  return chargeOf((await service.get(`/v1/charges/${id}`, { headers })).expect(200));
}

export interface ChargeRow {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly refunded: number;
}

/** Rows of the table for a card. */
export function rowsFor(postgres: PostgresProbe, source: string): Promise<ChargeRow[]> {
  return postgres.query<ChargeRow>(
    'SELECT id, status, amount, refunded FROM charges WHERE source = $1 ORDER BY created_at, id',
    [source],
  );
}

/** `{"201": 1, "409": 95}` as `1 × 201, 95 × 409`. */
export function tally(answers: readonly Answer[]): string {
  const counts = Object.entries(Object.groupBy(answers, ({ status }) => status));
  return counts.map(([status, same]) => `${same?.length ?? 0} × ${status}`).join(', ');
}

export const plural = (count: number, word: string): string =>
  `${count} ${word}${count === 1 ? '' : 's'}`;

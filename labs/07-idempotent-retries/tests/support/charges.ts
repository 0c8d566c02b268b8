import { isDeepStrictEqual } from 'node:util';
import {
  type Answer,
  type Draw,
  explain,
  expect,
  happens,
  lesson,
  type Patience,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import type { Provider } from './provider.ts';

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

/** A tap whose key, card and amount are drawn; `name` shows in messages. */
export function newTap(draw: Draw, name: string, card = 'card'): Tap {
  return {
    key: `${name}-${draw.word()}`,
    source: `${card}_${name.replaceAll('-', '_')}_${draw.word()}`,
    amount: draw.int(2_000, 99_999),
  };
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
  patience: Patience & { readonly within: number },
  service: StartedService,
  tap: Tap,
): Promise<Answer> {
  let last = await pay(service, tap);
  const isOver = async (): Promise<boolean> => {
    if (statuses.includes(last.status)) last = await pay(service, tap);
    return !statuses.includes(last.status);
  };
  await happens(isOver, patience);
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

/** The answer to a retry must be the first one's, byte for byte. */
export async function expectSameAnswer(first: Answer, again: Answer, what: string): Promise<void> {
  await explain(
    () => {
      expect(again.status, `status of ${what}`).toBe(first.status);
      expect(again.text, `body of ${what}`).toBe(first.text);
    },
    () => {
      if (again.text === first.text || !isDeepStrictEqual(again.body, first.body)) return;
      lesson('same-value-other-bytes', {
        observed: `The first answer was ${first.text.slice(0, 90)}… and ${what} got ${again.text.slice(0, 90)}…: the same members, written differently.`,
        meaning:
          'The answer was kept as a value and written again. A value has no order of members and no white space, so what is written from it is another text, and a client that compares or signs bytes sees another answer.',
        lookAt: 'the type of the place where the answer is kept.',
      });
    },
  );
}

/** Answers that send a client away must say for how long: whole seconds, at least one. */
export async function expectRetryAfter(answers: readonly Answer[], to: string): Promise<void> {
  const seen = answers.map(({ headers }) => headers['retry-after']);
  const wrong = seen.filter((value) => !/^[1-9]\d*$/u.test(value ?? ''));
  await explain(
    () => {
      expect(
        wrong.length,
        `answers to ${to} without a Retry-After in whole seconds, at least 1 (the first has ${wrong[0] ?? 'none'})`,
      ).toBe(0);
    },
    () => {
      if (wrong.some((value) => value !== '0')) return;
      lesson('come-back-now', {
        observed: `${plural(wrong.length, 'answer')} to ${to} said Retry-After: 0.`,
        meaning:
          'Zero seconds means: now. Every client comes back in the same moment, finds things as they were, and is sent away again, as fast as the network allows.',
        lookAt: 'how long what the client waits for takes at least.',
      });
    },
  );
}

/** The charge as it is now. */
export async function readCharge(service: StartedService, id: string): Promise<Charge> {
  const headers = { 'x-account-id': String(ACCOUNT) };
  return chargeOf((await service.get(`/v1/charges/${id}`, { headers })).expect(200));
}

export interface ChargeRow {
  readonly id: string;
  /** The provider's id of it. */
  readonly provider_charge_id: string | null;
  readonly status: string;
  readonly amount: number;
  readonly refunded: number;
}

/** Rows of the table for a card. */
export function rowsFor(postgres: PostgresProbe, source: string): Promise<ChargeRow[]> {
  return postgres.query<ChargeRow>(
    `SELECT id, provider_charge_id, status, amount, refunded
       FROM charges WHERE source = $1 ORDER BY created_at, id`,
    [source],
  );
}

/** Throws the lesson when retries get 202 although the outcome is known, or although nobody asks for it. */
export async function explainOldNews(
  provider: Provider,
  service: StartedService,
  { tap, last, when }: { readonly tap: Tap; readonly last: Answer; readonly when: string },
): Promise<void> {
  if (last.status !== 202) return;
  const calls = provider.callsFor(tap.source).length;
  const again = await pay(service, tap);
  const isAsked = provider.callsFor(tap.source).length > calls;
  const { status } = await readCharge(service, chargeOf(last).id);
  if (again.status !== 202 || (isAsked && status === 'pending')) return;
  lesson('keeps-the-202', {
    observed: `A retry of a charge ${when} still got 202, pending. ${status === 'pending' ? 'The provider is well, and was not asked.' : `GET says that it is ${status}.`}`,
    meaning:
      'The 202 was kept as the answer of this key. It says that the outcome is not known yet; kept, it says so when everybody else knows.',
    lookAt: 'which answers are final, and what a retry gets of one that is not.',
  });
}

/** Cents refunded, as `charges` says. */
export async function refundedOf(
  postgres: PostgresProbe,
  { id }: Pick<Charge, 'id'>,
): Promise<number> {
  const [row] = await postgres.query<{ refunded: number }>(
    'SELECT refunded FROM charges WHERE id = $1',
    [id],
  );
  return row?.refunded ?? Number.NaN;
}

/** `{"201": 1, "409": 95}` as `1 × 201, 95 × 409`. */
export function tally(answers: readonly Answer[]): string {
  const counts = Object.entries(Object.groupBy(answers, ({ status }) => status));
  return counts.map(([status, same]) => `${same?.length ?? 0} × ${status}`).join(', ');
}

export const plural = (count: number, word: string, many = `${word}s`): string =>
  `${count} ${count === 1 ? word : many}`;

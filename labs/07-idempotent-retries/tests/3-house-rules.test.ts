import { type Answer, explain, expect, lesson, type StartedService } from '@backend-labs/testkit';
import { ACCOUNT, chargeOf, OTHER_ACCOUNT, pay, readCharge, rowsFor } from './support/charges.ts';
import { test as base } from './support/payments.ts';
import { refuses } from './support/provider.ts';

const test = base.extend('service', { scope: 'file' }, async ({ payments, cleanup }) => {
  // No wait before a retry: an outage is over sooner.
  return cleanup.use(await payments.with({ RETRY_RANDOM: '0' }).start());
});

/** `POST /v1/charges` with the body as it is written, and the key header only when there is one. */
function send(service: StartedService, key: string | undefined, text: string): Promise<Answer> {
  return service.request('POST', '/v1/charges', {
    body: text,
    headers: {
      'x-account-id': String(ACCOUNT),
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
  });
}

/** A key as a message shows it. */
const brief = (key: string): string =>
  key.length > 20 ? `${key.slice(0, 3)}…${key.slice(-3)} (${key.length} characters)` : key;

const bodyFor = (source: string): string =>
  JSON.stringify({ amount: 1250, currency: 'EUR', source });

test('a key that is missing or malformed is refused', async ({ service, provider }) => {
  const source = 'card_malformed';
  const keys = {
    'no key': undefined,
    'an empty key': '',
    'a key of 256 characters': 'k'.repeat(256),
    'a key with a space in it': 'two words',
    'a key that is not ASCII': 'clé-1',
  };
  for (const [what, key] of Object.entries(keys)) {
    const { status } = await send(service, key, bodyFor(source));
    expect(status, `status of POST /v1/charges with ${what}`).toBe(400);
  }
  expect(provider.callsFor(source), 'calls to the provider for refused requests').toEqual([]);
  const long = '~'.repeat(254);
  const different = ['!', 'Case-1', 'case-1', `${long}"`, `${long}'`];
  for (const [n, key] of different.entries()) {
    (await send(service, key, bodyFor('card_wellformed'))).expect(201);
    expect(
      provider.chargesFor('card_wellformed').length,
      `charges at the provider for the keys ${different
        .slice(0, n + 1)
        .map(brief)
        .join(', ')}`,
    ).toBe(n + 1);
  }
});

test('another payload with the same key is refused', async ({ service, provider }) => {
  const key = 'payload-1';
  const source = 'card_payload';
  const order = {
    amount: 1250,
    currency: 'EUR',
    source,
    metadata: { order: 'A-1', shop: 'north' },
  };
  const first = (await pay(service, { key, source }, { body: order })).expect(201);
  const others = {
    'another amount': { ...order, amount: 1251 },
    'another currency': { ...order, currency: 'USD' },
    'another card': { ...order, source: 'card_payload_2' },
    'other metadata': { ...order, metadata: { order: 'A-2', shop: 'north' } },
    'more metadata': { ...order, metadata: { ...order.metadata, till: '4' } },
  };
  for (const [what, body] of Object.entries(others)) {
    const answer = await pay(service, { key, source }, { body });
    await explain(
      () => expect(answer.status, `status of a second request with ${what}`).toBe(422),
      () => {
        if (answer.text !== first.text) return;
        if (what.includes('metadata')) {
          lesson('shallow-fingerprint', {
            observed: `A request with ${what} got the answer of the first; one with another amount got 422.`,
            meaning:
              'What is compared does not hold what is inside metadata. A list of names given to JSON.stringify is a filter for every level, so that nested members vanish from the text.',
            lookAt: 'what your fingerprint is made of, printed for a body with metadata.',
          });
        }
        lesson('no-fingerprint', {
          observed: `A request with ${what} got ${answer.status} and the charge of the first request, of ${chargeOf(first).amount} ${order.currency}.`,
          meaning:
            'The key alone decides. A client that uses a key twice by mistake is told that its second request was done, and it never was.',
          lookAt: 'what has to be remembered of a request, besides its key.',
        });
      },
    );
  }
  expect(provider.callsFor('card_payload_2'), 'calls for the refused card').toEqual([]);
});

test('the same payload written otherwise is a retry', async ({ service, provider }) => {
  const key = 'written-1';
  const source = 'card_written';
  const first = await send(
    service,
    key,
    `{"amount":10,"currency":"EUR","source":"${source}","metadata":{"order":"A-1","shop":"north"}}`,
  );
  first.expect(201);
  const again = {
    'other white space': `{ "amount": 10, "currency": "EUR",\n  "source": "${source}", "metadata": {"order": "A-1", "shop": "north"} }`,
    '10.0 instead of 10': `{"amount":10.0,"currency":"EUR","source":"${source}","metadata":{"order":"A-1","shop":"north"}}`,
    'its members in another order': `{"source":"${source}","metadata":{"shop":"north","order":"A-1"},"currency":"EUR","amount":10}`,
  };
  for (const [what, text] of Object.entries(again)) {
    const answer = await send(service, key, text);
    await explain(
      () => expect(answer.status, `status of a retry with ${what}`).toBe(201),
      () => {
        if (answer.status !== 422) return;
        lesson('stringify-fingerprint', {
          observed: `The same amount, currency, card and metadata with ${what} got 422.`,
          meaning:
            'The text of the body is compared, not what it says. JSON does not order the members of an object, and clients, proxies and languages write it as they like.',
          lookAt: 'one way of writing that every equal request comes down to.',
        });
      },
    );
    expect(answer.text, `the body of a retry with ${what}`).toBe(first.text);
  }
  expect(provider.chargesFor(source), 'charges at the provider').toHaveLength(1);
});

test('a key belongs to its account', async ({ service, provider }) => {
  const tap = { key: 'shared-1', source: 'card_shared' };
  const mine = (await pay(service, tap)).expect(201);
  const theirs = await pay(service, { ...tap, account: OTHER_ACCOUNT });
  await explain(
    () => {
      expect(theirs.status, 'status of the same key in another account').toBe(201);
      expect(chargeOf(theirs).id, 'the charge of another account').not.toBe(chargeOf(mine).id);
    },
    () => {
      if (theirs.text !== mine.text) return;
      lesson('global-keys', {
        observed: `Account ${OTHER_ACCOUNT} sent a key that account ${ACCOUNT} had used, and got charge ${chargeOf(mine).id}, which is account ${ACCOUNT}'s. Its own card was not charged.`,
        meaning:
          'Keys are made by clients, so two accounts may make the same one. Where a key is looked up without its account, a replay shows one customer the data of another.',
        lookAt: 'what makes a key unique, and what the look for it asks for.',
      });
    },
  );
  const charges = provider.chargesFor(tap.source);
  await explain(
    () => expect(charges.length, 'charges at the provider for two accounts').toBe(2),
    () => {
      const keys = new Set(provider.callsFor(tap.source).map(({ key }) => key));
      const [key] = keys;
      if (keys.size !== 1 || key === undefined) return;
      lesson('borrowed-key', {
        observed: `Two accounts paid with the key ${tap.key}. Both got 201; the provider was called with the key ${key} each time, and charged once.`,
        meaning:
          'For the provider we are one client, and its keys are ours alone. A key that a customer chose is not unique there, so the second charge is answered with the first.',
        lookAt: 'a name for the charge at the provider that no two charges can share.',
      });
    },
  );
  expect(await readCharge(service, chargeOf(mine).id), 'GET of the first').toEqual(chargeOf(mine));
});

test('GET takes no key', async ({ service }) => {
  const key = 'get-1';
  const made = chargeOf((await pay(service, { key, source: 'card_get' })).expect(201));
  const headers = { 'x-account-id': String(ACCOUNT), 'idempotency-key': key };
  const answer = (await service.get(`/v1/charges/${made.id}`, { headers })).expect(200);
  expect(answer.headers['idempotent-replayed'], 'Idempotent-Replayed of a GET').toBeUndefined();
  const other = { ...headers, 'x-account-id': String(OTHER_ACCOUNT) };
  (await service.get(`/v1/charges/${made.id}`, { headers: other })).expect(404);
});

test('a decline is final', async ({ service, provider }) => {
  const tap = { key: 'declined-1', source: 'card_declined_1' };
  const first = (await pay(service, tap)).expect(402);
  expect(chargeOf(first)).toMatchObject({ status: 'declined', declineCode: 'card_declined' });
  expect(
    first.headers['idempotent-replayed'],
    'Idempotent-Replayed of a first answer',
  ).toBeUndefined();
  const again = (await pay(service, tap)).expect(402);
  expect(again.text, 'the body of the retry').toBe(first.text);
  expect(again.headers['idempotent-replayed'], 'Idempotent-Replayed of the retry').toBe('true');
  expect(provider.callsFor(tap.source), 'calls to the provider').toHaveLength(1);
});

test('a 400 leaves the key free', async ({ service }) => {
  const tap = { key: 'corrected-1', source: 'card_corrected' };
  (await pay(service, { ...tap, amount: 0 })).expect(400);
  (await pay(service, tap)).expect(201);
});

test('a 503 leaves the key free', async ({ service, provider, postgres }) => {
  const tap = { key: 'outage-1', source: 'card_outage' };
  provider.plan(tap.source, refuses(503));
  const other = { key: 'outage-2', source: 'card_outage_2' };
  provider.plan(other.source, refuses(503));
  const first = (await pay(service, tap)).expect(503);
  (await pay(service, other)).expect(503);
  const left = await rowsFor(postgres, other.source);
  expect(first.headers['retry-after'], 'Retry-After of a 503, in whole seconds').toMatch(
    /^[1-9]\d*$/u,
  );
  provider.heal();
  const calls = provider.callsFor(tap.source).length;
  const again = await pay(service, tap);
  await explain(
    () => expect(again.status, 'status of a retry when the provider is back').toBe(201),
    () => {
      if (again.status !== 503 || provider.callsFor(tap.source).length > calls) return;
      lesson('store-5xx', {
        observed: `The provider refused the first request and is well again. The retry got 503, and the provider was not asked.`,
        meaning:
          'The 503 was kept as the answer of this key. It says that nothing happened and that one may try again; kept, it says so for ever. (Some vendors do replay a 500. This house does not.)',
        lookAt: 'which answers are final, and what happens to the key of one that is not.',
      });
    },
  );
  const changed = await pay(service, { ...other, amount: 990 });
  expect(changed.status, 'status of another payload with a key that a 503 left free').toBe(201);
  expect(
    left.map(({ status }) => status),
    'status of rows in charges for a card, after its only charge got 503',
  ).toEqual([]);
  expect(provider.chargesFor(tap.source), 'charges at the provider').toHaveLength(1);
});

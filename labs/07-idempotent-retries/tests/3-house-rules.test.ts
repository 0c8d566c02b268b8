import { randomUUID } from 'node:crypto';
import {
  type Answer,
  each,
  explain,
  expect,
  happens,
  judges,
  lesson,
  type StartedService,
} from '@backend-labs/testkit';
import {
  ACCOUNT,
  chargeOf,
  expectRetryAfter,
  expectSameAnswer,
  newTap,
  OTHER_ACCOUNT,
  pay,
  plural,
  readCharge,
  requestOf,
  rowsFor,
} from './support/charges.ts';
import { test as base } from './support/payments.ts';
import { fails, refuses } from './support/provider.ts';

const test = base.extend('service', { scope: 'file' }, async ({ payments, cleanup }) => {
  // No wait before a retry: an outage is over sooner.
  return cleanup.use(await payments.with({ RETRY_RANDOM: '0' }).start());
});

/** Outer bound of work that goes on behind an answer; a service that stores first never waits for it. */
const STORED_WITHIN_MS = 1_000;

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

const bodyFor = (source: string, amount = 1250): string =>
  JSON.stringify({ amount, currency: 'EUR', source });

test(
  'a key that is missing or malformed is refused',
  judges('3.1'),
  async ({ draw, service, provider }) => {
    const { source } = newTap(draw, 'malformed');
    const keys: readonly (readonly [string, string | undefined])[] = [
      ['no key', undefined],
      ['an empty key', ''],
      ['a key of 256 characters', 'k'.repeat(256)],
      ['a key with a space in it', `${draw.word()} ${draw.word()}`],
      ['a key that is not ASCII', `clé-${draw.word()}`],
    ];
    await each('requests', draw.shuffle(keys), async ([what, key]) => {
      const { status } = await send(service, key, bodyFor(source));
      await explain(
        () => expect(status, `status of POST /v1/charges with ${what}`).toBe(400),
        () => {
          if (status !== 201 || key === undefined) return;
          lesson('loose-key', {
            observed: `A request with ${what}, ${JSON.stringify(brief(key))}, got 201.`,
            meaning:
              'What a service takes once as a key it has to keep apart from every other key, in its index, its logs and its headers. Bytes outside of ASCII mean another character in each of these, and a key that is too long is cut off somewhere.',
            lookAt: 'which characters your check lets through, and which the ticket names.',
          });
        },
      );
    });
    expect(provider.callsFor(source), 'calls to the provider for refused requests').toEqual([]);
  },
);

test(
  'a request without an account number is refused',
  judges('3.1'),
  async ({ draw, service, provider }) => {
    const tap = newTap(draw, 'nobody');
    const { body, headers } = requestOf(tap);
    const payAs = (account: string) =>
      service.request('POST', '/v1/charges', {
        body,
        headers: { ...headers, 'x-account-id': account },
      });
    await each('accounts', draw.shuffle(['', '0', '-57', '5.7', 'me']), async (account) => {
      const { status } = await payAs(account);
      expect(status, `status of POST /v1/charges with X-Account-Id: ${account}`).toBe(400);
    });
    expect(provider.callsFor(tap.source), 'calls to the provider for nobody').toEqual([]);
    expect((await payAs('1')).status, 'status of POST /v1/charges with X-Account-Id: 1').toBe(201);
  },
);

test(
  'keys that differ in one character are different',
  judges('3.2'),
  async ({ draw, service, provider }) => {
    const { source } = newTap(draw, 'different');
    const word = draw.word();
    const long = `${word}${'~'.repeat(254 - word.length)}`;
    const pairs: readonly (readonly [string, string])[] = [
      [`!${word}`, `"${word}`],
      [`Case-${word}`, `case-${word}`],
      [`${long}"`, `${long}'`],
    ];
    await each('pairs of keys', draw.shuffle(pairs), async ([one, other]) => {
      const before = provider.chargesFor(source).length;
      const body = bodyFor(source, draw.int(2_000, 99_999));
      const first = (await send(service, one, body)).expect(201);
      const second = await send(service, other, body);
      const charged = provider.chargesFor(source).length - before;
      await explain(
        () => {
          expect(second.status, `status with the key ${brief(other)}, after ${brief(one)}`).toBe(
            201,
          );
          expect(
            charged,
            `charges at the provider for the keys ${brief(one)} and ${brief(other)}`,
          ).toBe(2);
        },
        () => {
          if (second.text !== first.text) return;
          lesson('folded-keys', {
            observed: `The key ${brief(other)} got the charge of the key ${brief(one)}. The second card payment never happened.`,
            meaning:
              'Keys were made equal before they were compared: by case, by length, or by a hash that is too short. A client chose two names for two payments, and one of them is answered with the other.',
            lookAt: 'what happens to a key between its header and the index.',
          });
        },
      );
    });
  },
);

test(
  'a body that is not valid leaves the key free',
  judges('3.3'),
  async ({ draw, service, provider }) => {
    const order = draw.word();
    const mistakes: readonly (readonly [string, object, object?])[] = [
      ['an amount of 0', { amount: 0 }, { amount: 1 }],
      ['an amount of 1,000,000,001', { amount: 1_000_000_001 }, { amount: 1_000_000_000 }],
      ['an amount of 12.5', { amount: 12.5 }],
      ['an amount that is text', { amount: '1250' }],
      ['no currency', { currency: undefined }],
      ['two currencies', { currency: 'EUR/USD' }],
      ['a source with a space in it', { source: `card ${order}` }],
      ['a source of 65 characters', { source: 'c'.repeat(65) }],
      ['metadata that is a list', { metadata: [order] }],
      ['metadata that is a text', { metadata: order }],
      ['metadata that is null', { metadata: null }],
      ['metadata with a number in it', { metadata: { order, till: 4 } }],
    ];
    await each('mistakes', draw.shuffle(mistakes), async ([what, mistake, correction]) => {
      const tap = newTap(draw, 'corrected');
      const right = { amount: tap.amount, currency: 'EUR', source: tap.source, ...correction };
      const refused = await pay(service, tap, { body: { ...right, ...mistake } });
      expect(refused.status, `status of a request with ${what}`).toBe(400);
      const corrected = await pay(service, tap, { body: right });
      await explain(
        () => expect(corrected.status, `status of the same key, after ${what}`).toBe(201),
        () => {
          if (provider.callsFor(tap.source).length > 0) return;
          lesson('keeps-a-400', {
            observed: `A request with ${what} got 400. The corrected request with the same key got ${corrected.status}, and the provider was not called.`,
            meaning:
              'The key was taken, or its answer kept, before anybody had looked at the body. A client that sends its mistake once can never pay with this key.',
            lookAt: 'what comes first: the check of the request, or the claim of its key.',
          });
        },
      );
    });
  },
);

test(
  'another payload with the same key is refused',
  judges('3.4'),
  async ({ draw, service, provider }) => {
    const { key, source, amount = 0 } = newTap(draw, 'payload');
    const order = {
      amount,
      currency: 'EUR',
      source,
      metadata: { order: draw.word(), shop: 'north' },
    };
    const first = (await pay(service, { key, source }, { body: order })).expect(201);
    const othersCard = `${source}_2`;
    const others: readonly (readonly [string, object])[] = [
      ['another amount', { ...order, amount: amount + 1 }],
      ['another currency', { ...order, currency: 'USD' }],
      ['another card', { ...order, source: othersCard }],
      ['other metadata', { ...order, metadata: { order: draw.word(), shop: 'north' } }],
      ['more metadata', { ...order, metadata: { ...order.metadata, till: '4' } }],
    ];
    const replayed: string[] = [];
    await each('other payloads', others, async ([what, body]) => {
      const answer = await pay(service, { key, source }, { body });
      if (answer.text === first.text) replayed.push(what);
      await explain(
        () => expect(answer.status, `status of a second request with ${what}`).toBe(422),
        () => {
          if (answer.text !== first.text) return;
          if (what.includes('metadata') && !replayed.includes('another amount')) {
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
              'The key alone decides. A client that uses a key twice by mistake learns that its second request was done, and it never was.',
            lookAt: 'what has to be remembered of a request, besides its key.',
          });
        },
      );
    });
    expect(provider.callsFor(othersCard), 'calls for the refused card').toEqual([]);
    expect(provider.chargesFor(source), 'charges of the first card').toHaveLength(1);

    const open = newTap(draw, 'open');
    provider.plan(open.source, fails({ status: 500 }));
    // Which answer an unknown outcome gets is another test's.
    if ((await pay(service, open)).status !== 202) return;
    const { status } = await pay(service, { ...open, amount: (open.amount ?? 0) + 1 });
    expect(
      [409, 422],
      `status (${status}) of a second request with another amount, when the first got 202`,
    ).toContain(status);
  },
);

test(
  'the same payload written differently is a retry',
  judges('3.5'),
  async ({ draw, service, provider }) => {
    const { key, source } = newTap(draw, 'written');
    const amount = draw.int(10, 99);
    const order = draw.word();
    const first = await send(
      service,
      key,
      `{"amount":${amount},"currency":"EUR","source":"${source}","metadata":{"order":"${order}","shop":"north"}}`,
    );
    first.expect(201);
    const again: readonly (readonly [string, string])[] = [
      [
        'other white space',
        `{ "amount": ${amount}, "currency": "EUR",\n  "source": "${source}", "metadata": {"order": "${order}", "shop": "north"} }`,
      ],
      [
        `${amount}.0 instead of ${amount}`,
        `{"amount":${amount}.0,"currency":"EUR","source":"${source}","metadata":{"order":"${order}","shop":"north"}}`,
      ],
      [
        'its members in another order',
        `{"source":"${source}","metadata":{"order":"${order}","shop":"north"},"currency":"EUR","amount":${amount}}`,
      ],
      [
        'the members of metadata in another order',
        `{"amount":${amount},"currency":"EUR","source":"${source}","metadata":{"shop":"north","order":"${order}"}}`,
      ],
    ];
    await each('retries', draw.shuffle(again), async ([what, text]) => {
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
    });
    expect(provider.chargesFor(source), 'charges at the provider').toHaveLength(1);
  },
);

test('a key belongs to its account', judges('3.6'), async ({ draw, service, provider }) => {
  const tap = newTap(draw, 'shared');
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
  const retries = [
    [ACCOUNT, mine],
    [OTHER_ACCOUNT, theirs],
  ] as const;
  await each('retries', retries, async ([account, first]) => {
    const again = await pay(service, { ...tap, account });
    expect(
      `${again.status}, charge ${chargeOf(again).id}`,
      `answer to a retry of account ${account}, with a key that two accounts have used`,
    ).toBe(`201, charge ${chargeOf(first).id}`);
  });
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
});

test('a decline is final', judges('3.7'), async ({ draw, service, provider }) => {
  const tap = newTap(draw, 'final', 'card_declined');
  const first = (await pay(service, tap)).expect(402);
  expect(chargeOf(first)).toMatchObject({ status: 'declined', declineCode: 'card_declined' });
  expect(
    first.headers['idempotent-replayed'],
    'Idempotent-Replayed of a first answer',
  ).toBeUndefined();
  const again = await pay(service, tap);
  const calls = provider.callsFor(tap.source).length;
  await explain(
    async () => {
      await expectSameAnswer(first, again, 'a retry of a declined charge');
      expect(again.headers['idempotent-replayed'], 'Idempotent-Replayed of the retry').toBe('true');
      expect(calls, 'calls to the provider').toBe(1);
    },
    () => {
      if (calls < 2) return;
      lesson('declined-again', {
        observed: `The provider declined the card. A retry with the same key called the provider again: ${plural(calls, 'call')} in all.`,
        meaning:
          'A decline is an answer, and the client may have lost it. Asked again, the provider may say yes to a payment that the customer believes to be refused, and has made elsewhere by now.',
        lookAt: 'which of the answers of the provider end a charge.',
      });
    },
  );
});

test(
  'a request that the provider refuses for good is declined',
  judges('3.8'),
  async ({ draw, service, provider }) => {
    await each('refusals', draw.shuffle([400, 404, 422, 499]), async (refusal) => {
      const tap = newTap(draw, `refused-${refusal}`);
      provider.plan(tap.source, refuses(refusal));
      const answer = await pay(service, tap);
      await explain(
        () => expect(answer.status, `status when the provider answered ${refusal}`).toBe(402),
        () => {
          if (answer.status !== 503) return;
          lesson('hopeless-retry', {
            observed: `The provider answered ${refusal}, and the client got 503 with Retry-After: ${answer.headers['retry-after'] ?? 'none'}.`,
            meaning:
              'A 503 asks the client to come back. The provider has said that it will never take this charge, so each retry of the client is refused like the first.',
            lookAt: 'what can change between two tries, and what cannot.',
          });
        },
      );
      expect(chargeOf(answer)).toMatchObject({
        status: 'declined',
        declineCode: expect.any(String),
      });
    });
  },
);

/** What the provider certainly did nothing at. */
const NOTHING_DONE = [401, 403, 429, 503] as const;

test(
  'a charge that the provider certainly did not make gets 503',
  judges('3.9'),
  async ({ draw, service, provider, postgres }) => {
    const charges = draw.shuffle(NOTHING_DONE).map((refusal) => {
      const tap = newTap(draw, `nothing-${refusal}`);
      provider.plan(tap.source, refuses(refusal));
      return { refusal, tap, answered: pay(service, tap) };
    });
    // A service that answers none of them keeps this test waiting once, and not four times.
    await Promise.allSettled(charges.map(({ answered }) => answered));
    await each('answers of the provider', charges, async ({ refusal, tap, answered }) => {
      const answer = await answered;
      const left = await rowsFor(postgres, tap.source);
      await explain(
        () => {
          expect(answer.status, `status when the provider answered ${refusal} to all calls`).toBe(
            503,
          );
        },
        () => {
          if (answer.status !== 402 || refusal > 403) return;
          lesson('blames-the-card', {
            observed: `The provider answered ${refusal} and the customer got 402, declined.`,
            meaning: `A ${refusal} is about our credentials. The provider never looked at the card, and would take it as soon as our credentials are right; the customer takes another one.`,
            lookAt: 'which answers of the provider are about the card, and which are about us.',
          });
        },
      );
      await expectRetryAfter([answer], 'a charge that the provider did not make');
      expect(
        left.map(({ status }) => status),
        `status of rows in charges for a card whose only charge got 503`,
      ).toEqual([]);
    });
  },
);

test('a 503 leaves the key free', judges('3.10'), async ({ draw, service, provider }) => {
  const requests = [
    ['the same payload', 0],
    ['another payload', 1],
  ] as const;
  await each('requests after a 503', requests, async ([what, more]) => {
    const earlier = newTap(draw, 'earlier');
    const done = (await pay(service, earlier)).expect(201);
    const tap = newTap(draw, 'outage');
    provider.plan(tap.source, refuses(503));
    (await pay(service, tap)).expect(503);
    const calls = provider.callsFor(tap.source).length;
    provider.heal();
    const again = await pay(service, { ...tap, amount: (tap.amount ?? 0) + more });
    await explain(
      () => expect(again.status, `status of ${what} when the provider is back`).toBe(201),
      () => {
        if (again.status !== 503 || provider.callsFor(tap.source).length > calls) return;
        lesson('store-5xx', {
          observed: `The provider refused the first request and is well again. ${what} with its key got 503, and the provider was not asked.`,
          meaning:
            'The 503 was kept as the answer of this key. It says that nothing happened and that one may try again; kept, it says so for ever. (Some vendors do replay a 500. This house does not.)',
          lookAt: 'which answers are final, and what happens to the key of one that is not.',
        });
      },
    );
    expect(provider.chargesFor(tap.source), 'charges at the provider').toHaveLength(1);
    const kept = await pay(service, earlier);
    expect(
      `${kept.status}, charge ${chargeOf(kept).id}`,
      'answer to a retry of an earlier charge, when another key got 503',
    ).toBe(`201, charge ${chargeOf(done).id}`);
    expect(
      (await readCharge(service, chargeOf(done).id)).status,
      'status of an earlier charge, when another key got 503',
    ).toBe('succeeded');
  });
});

test('GET shows a charge as it was answered', judges('3.11'), async ({ draw, service }) => {
  const cards = [
    ['card', 201, { status: 'succeeded', declineCode: null, refunded: 0 }],
    ['card_declined', 402, { status: 'declined', declineCode: 'card_declined', refunded: 0 }],
  ] as const;
  await each('charges', cards, async ([card, status, outcome]) => {
    const tap = newTap(draw, 'shown', card);
    const order = { ...requestOf(tap).body, metadata: { order: draw.word(), shop: 'north' } };
    const made = chargeOf((await pay(service, tap, { body: order })).expect(status));
    expect(made, `charge in the ${status} to a request`).toMatchObject({ ...order, ...outcome });
    let now = await readCharge(service, made.id);
    // A service that answers first and stores then is another test's.
    const isStored = async () => {
      now = await readCharge(service, made.id);
      return now.status === made.status;
    };
    await happens(isStored, { within: STORED_WITHIN_MS });
    expect(now, `charge that GET shows, after a ${status}`).toEqual(made);
  });
});

test('GET answers 404 to an id that no charge has', judges('3.11'), async ({ draw, service }) => {
  const { id } = chargeOf((await pay(service, newTap(draw, 'there'))).expect(201));
  const headers = { 'x-account-id': String(ACCOUNT) };
  const ids = [randomUUID(), `order-${draw.int(1, 999)}`, `${id}0`, `x${id}`];
  await each('ids', draw.shuffle(ids), async (other) => {
    const { status } = await service.get(`/v1/charges/${other}`, { headers });
    expect(status, `status of GET /v1/charges/${other}, which is not a charge`).toBe(404);
  });
});

test('GET takes no notice of a key', judges('3.11'), async ({ draw, service }) => {
  const tap = newTap(draw, 'get');
  const made = chargeOf((await pay(service, tap)).expect(201));
  const headers = { 'x-account-id': String(ACCOUNT), 'idempotency-key': tap.key };
  const answer = (await service.get(`/v1/charges/${made.id}`, { headers })).expect(200);
  expect(answer.headers['idempotent-replayed'], 'Idempotent-Replayed of a GET').toBeUndefined();
  const other = { ...headers, 'x-account-id': String(OTHER_ACCOUNT) };
  const theirs = await service.get(`/v1/charges/${made.id}`, { headers: other });
  await explain(
    () => expect(theirs.status, `status for another account`).toBe(404),
    () => {
      if (theirs.status !== 200) return;
      lesson('any-account', {
        observed: `Account ${OTHER_ACCOUNT} asked for charge ${made.id} of account ${ACCOUNT} and got it.`,
        meaning:
          'An id that nobody can guess is not a permission. Ids are in mails, logs and links, and anybody who has one sees the charge.',
        lookAt: 'what the query asks for besides the id.',
      });
    },
  );
});

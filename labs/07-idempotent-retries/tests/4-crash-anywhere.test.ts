import {
  type Answer,
  beforeStatement,
  eventually,
  explain,
  expect,
  gate,
  lesson,
  type Passage,
  type Reply,
  type StartedService,
  type Tap as ProxyTap,
  TcpProxy,
} from '@backend-labs/testkit';
import { ACCOUNT, pay, plural, rowsFor, type Tap } from './support/charges.ts';
import { test as base } from './support/payments.ts';
import { heldAt, type Provider } from './support/provider.ts';

/** Short, so that no test waits long for the end of one. */
const LEASE_MS = 250;
/** Outer bound: a right service needs one lease and a request. */
const FINAL_WITHIN_MS = 5_000;

/** Holds the next statement of the service on its way to Postgres, until the service is dead. */
class NextStatement {
  readonly #dead: Promise<unknown>;
  #caught: (() => void) | undefined;

  constructor(dead: Promise<unknown>) {
    this.#dead = dead;
  }

  /** From now on; resolves when a statement is held. */
  async toCome(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#caught = resolve;
    return promise;
  }

  readonly tap = (): ProxyTap =>
    beforeStatement(async () => {
      const caught = this.#caught;
      if (!caught) return undefined;
      this.#caught = undefined;
      caught();
      await this.#dead;
      return 'cut';
    });
}

const test = base.extend('crashing', { scope: 'file' }, async ({ payments, lease, cleanup }) => {
  const dead = Promise.withResolvers<void>();
  cleanup.defer(() => dead.resolve());
  const next = new NextStatement(dead.promise);
  const url = lease.postgres?.url ?? '';
  const proxy = cleanup.use(await TcpProxy.to(url, next.tap));
  const service = cleanup.use(
    await payments
      .with({
        DATABASE_URL: proxy.rewrite(url),
        CLAIM_LEASE_MS: String(LEASE_MS),
        RETRY_RANDOM: '0',
      })
      .start(),
  );
  return { service, next, dead };
});

/** Sends a tap again until the answer is final. */
async function finalAnswer(service: StartedService, tap: Tap, when: string): Promise<Answer> {
  let last: Answer | undefined;
  let found: Answer | undefined;
  await explain(
    async () => {
      found = await eventually(
        `a final answer to a retry of a charge ${when}`,
        async () => {
          last = await pay(service, tap);
          expect([409, 202], `status of a retry`).not.toContain(last.status);
          return last;
        },
        { within: FINAL_WITHIN_MS },
      );
    },
    () => {
      if (last?.status !== 409) return;
      lesson('orphan-lock', {
        observed: `The service was killed ${when}. ${FINAL_WITHIN_MS / 1000} s after its restart, with CLAIM_LEASE_MS=${LEASE_MS}, a retry still gets 409.`,
        meaning:
          'The key says that somebody works on it, and that somebody is dead. Nothing in the claim tells a process that is slow from one that is gone, so it is kept for ever.',
        lookAt:
          'how long a claim is worth something when nobody says a word, and who may go on then.',
      });
    },
  );
  return (found ?? last) as Answer;
}

/** All charges that the provider made for a card must be one. */
async function expectOneCharge(provider: Provider, source: string, when: string): Promise<void> {
  const charges = provider.chargesFor(source);
  await explain(
    () => expect(charges.length, `charges at the provider for one key, ${when}`).toBe(1),
    () => {
      const keys = provider.callsFor(source).map(({ key }) => key);
      const names = new Set(keys);
      if (charges.length < 2 || (names.size < 2 && !names.has(undefined))) return;
      lesson('new-name-for-a-retry', {
        observed: `The card was charged ${charges.length} times ${when}. The provider was called ${plural(keys.length, 'time')}, ${names.has(undefined) ? 'without a key' : `with the keys ${[...names].join(', ')}`}.`,
        meaning:
          'Whoever takes over cannot know whether the one before had already charged. The provider could tell, but it was asked under another name, and to it that is another charge.',
        lookAt:
          'a name for the charge that is fixed before the first call, and that a successor finds again.',
      });
    },
  );
}

test('who is slow is not dead: a claim that ran out makes no second charge', async ({
  provider,
  crashing: { service },
}) => {
  const tap = { key: 'slow-1', source: 'card_slow' };
  using held = gate(1, { opens: 'by hand' });
  provider.plan(tap.source, heldAt(held));
  const first = pay(service, tap);
  first.catch(() => {});
  await held.reached();
  // Until somebody takes over; a design in which nobody can is left alone after a few leases.
  const begun = performance.now();
  let retry = await pay(service, tap);
  while (retry.status === 409 && performance.now() - begun < 6 * LEASE_MS) {
    retry = await pay(service, tap);
  }
  held.open();
  await first;
  const final = await finalAnswer(service, tap, 'while its provider was slow');
  await expectOneCharge(provider, tap.source, 'while a second request took over from a slow one');
  final.expect(201);
});

test('killed with five charges under way, each at another point, it charges each once', async ({
  provider,
  postgres,
  crashing: { service, next, dead },
}) => {
  const held = async (what: string, come: Promise<unknown>): Promise<void> => {
    let isThere = false;
    void come.then(() => (isThere = true));
    await eventually(what, () => isThere);
  };
  const send = (tap: Tap): void => void pay(service, tap).catch(() => {});

  const beforeClaim = { key: 'crash-1', source: 'card_crash_1' };
  const firstStatement = next.toCome();
  send(beforeClaim);
  await held('the first statement of a charge', firstStatement);

  const afterClaim = { key: 'crash-2', source: 'card_crash_2' };
  const called = Promise.withResolvers<void>();
  provider.plan(afterClaim.source, async (): Promise<Reply> => {
    called.resolve();
    await dead.promise;
    return 'reset';
  });
  send(afterClaim);
  await held('a call to the provider', called.promise);

  const afterCharge = { key: 'crash-3', source: 'card_crash_3' };
  const charged = Promise.withResolvers<void>();
  provider.plan(afterCharge.source, async (_call, charge): Promise<Reply> => {
    charge();
    charged.resolve();
    await dead.promise;
    return 'reset';
  });
  send(afterCharge);
  await held('a charge at the provider', charged.promise);

  const beforeCommit = { key: 'crash-4', source: 'card_crash_4' };
  const nextStatement = Promise.withResolvers<void>();
  provider.plan(beforeCommit.source, (_call, charge) => {
    void next.toCome().then(nextStatement.resolve);
    return charge();
  });
  send(beforeCommit);
  await held('a statement after the answer of the provider', nextStatement.promise);

  const beforeAnswer = { key: 'crash-5', source: 'card_crash_5' };
  const answered = Promise.withResolvers<void>();
  await using door = await TcpProxy.to(service.url, () => ({
    async toClient(): Promise<Passage> {
      answered.resolve();
      await dead.promise;
      return 'cut';
    },
  }));
  void payThrough(door, beforeAnswer).catch(() => {});
  await held('the answer of a charge', answered.promise);

  await service.kill();
  dead.resolve();
  provider.heal();
  await using restarted = await service.restart();

  const points: readonly (readonly [string, Tap])[] = [
    ['before its first statement', beforeClaim],
    ['before the provider had charged', afterClaim],
    ['after the provider had charged', afterCharge],
    ['before the result was stored', beforeCommit],
    ['before the answer was out', beforeAnswer],
  ];
  const finals = await Promise.all(
    points.map(async ([when, tap]) => ({
      when,
      tap,
      answer: await finalAnswer(restarted, tap, when),
    })),
  );
  for (const { when, tap, answer } of finals) {
    await expectOneCharge(provider, tap.source, `when the service was killed ${when}`);
    expect(answer.status, `final answer to a charge that was killed ${when}`).toBe(201);
    const rows = await rowsFor(postgres, tap.source);
    expect(rows, `rows of charges for one that was killed ${when}`).toMatchObject([
      { status: 'succeeded' },
    ]);
  }
});

/** A charge whose answer comes by way of a proxy. */
function payThrough(door: TcpProxy, { key, source }: Tap): Promise<Response> {
  return fetch(`http://127.0.0.1:${door.port}/v1/charges`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-account-id': String(ACCOUNT),
      'idempotency-key': key,
    },
    body: JSON.stringify({ amount: 1250, currency: 'EUR', source }),
  });
}

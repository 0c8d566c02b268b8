import {
  type Answer,
  Draw,
  each,
  explain,
  expect,
  happens,
  judges,
  lesson,
  type StartedService,
} from '@backend-labs/testkit';
import {
  chargeOf,
  explainOldNews,
  newTap,
  pay,
  plural,
  readCharge,
  retryWhile,
  rowsFor,
  type Tap,
} from './support/charges.ts';
import { type Case, casesOf } from './support/illnesses.ts';
import { test as base } from './support/payments.ts';
import { type Call, chargesAndThen, type Provider, refuses, well } from './support/provider.ts';

/**
 * Far over the deadline: on a busy machine, a request that outlives its claim has a successor, and
 * the two of them are task 8's.
 */
const LEASE_MS = 2_000;
/** The ticket prints it. A process that was killed may have claimed the charge just before. */
const FINAL_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 250;
/** Outer bound of the service's first look; some never look. */
const LOOKS_WITHIN_MS = 5_000;
/** Between two retries of a client. */
const PATIENCE = { within: FINAL_WITHIN_MS, every: 100 };

const SETTINGS = {
  // Long enough for a well provider on a busy machine, and short enough to wait for one that is ill.
  PROVIDER_TIMEOUT_MS: '300',
  PROVIDER_DEADLINE_MS: '600',
  RETRY_RANDOM: '0',
  CLAIM_LEASE_MS: String(LEASE_MS),
  RECONCILE_EVERY_MS: String(LOOK_EVERY_MS),
};
/** For the time when the provider is well: on a busy machine it is still slow. */
const UNHURRIED = { PROVIDER_TIMEOUT_MS: '5000', PROVIDER_DEADLINE_MS: '10000' };

const CHARGES = 40;
/** A service that holds a connection for each serves them in two rounds, with the starter's pool of ten. */
const AT_ONCE = 20;

type Answered = Case & { readonly answer: Answer };

interface Night {
  readonly answers: readonly Answered[];
  /** Those that are to be found out. */
  readonly pending: readonly Answered[];
  /** Calls of the service's own, about charges that it had answered. */
  readonly ownLooks: () => readonly Call[];
}

/** What became of charges that nobody retried, by their keys; none for one that is still pending. */
type Finals = ReadonlyMap<string, string>;

interface Morning {
  readonly restarted: StartedService;
  readonly retried: readonly (Answered & { readonly last: Answer })[];
  readonly left: readonly Answered[];
  readonly finals: Finals;
  /** How often the service had asked on its own before it was killed. */
  readonly looks: number;
  /** Calls since its restart. */
  readonly calls: readonly Call[];
}

const test = base
  .extend('service', { scope: 'file' }, ({ file, payments, cleanup }) =>
    file.once('service', async () => cleanup.use(await payments.with(SETTINGS).start())),
  )
  .extend('night', { scope: 'file' }, ({ file, run, provider, service }) =>
    file.once('night', async (): Promise<Night> => {
      const cases = casesOf(new Draw(run.seed, 'night'), CHARGES);
      for (const { tap, steps } of cases) provider.plan(tap.source, ...steps);
      const send = async (one: Case) => ({ ...one, answer: await pay(service, one.tap) });
      const earlier = await Promise.all(cases.slice(0, AT_ONCE).map(send));
      const answers = [...earlier, ...(await Promise.all(cases.slice(AT_ONCE).map(send)))];
      const answeredAt = performance.now();
      // Calls of an earlier request are over by far: these are the service's own.
      const ownLooks = () =>
        earlier.flatMap(({ tap }) =>
          provider.callsFor(tap.source).filter(({ at }) => at > answeredAt),
        );
      const pending = answers.filter(({ answer }) => answer.status === 202);
      return { answers, pending, ownLooks };
    }),
  )
  // The provider is well again for a third of them, and no client asks.
  .extend('alone', { scope: 'file' }, ({ file, provider, service, night }) =>
    file.once('alone', async () => {
      const charges = night.pending.filter((_, n) => n % 3 === 0);
      const calls = provider.calls.length;
      for (const { tap } of charges) provider.plan(tap.source, well);
      const finals = await finalsOf(service, charges);
      return { charges, finals, calls: provider.calls.slice(calls) };
    }),
  )
  // The service is killed, the provider is well, and clients ask for half of what is left.
  .extend(
    'morning',
    { scope: 'file' },
    ({ file, payments, provider, service, night, alone, cleanup }) =>
      file.once('morning', async (): Promise<Morning> => {
        const rest = night.pending.filter((one) => !alone.charges.includes(one));
        await happens(() => night.ownLooks().length > 0, { within: LOOKS_WITHIN_MS });
        // A kill between two writes is task 8's: what a well provider was late for is in the books before it.
        await finalsOf(
          service,
          rest.filter(({ isHidden }) => !isHidden),
        );
        await service.kill();
        const looks = night.ownLooks().length;
        provider.heal();
        const restarted = cleanup.use(await payments.with({ ...SETTINGS, ...UNHURRIED }).start());
        const calls = provider.calls.length;
        const left = rest.filter((_, n) => n % 2 === 1);
        const [finals, ...retried] = await Promise.all([
          finalsOf(restarted, left),
          ...rest
            .filter((_, n) => n % 2 === 0)
            .map(async (one) => {
              return { ...one, last: await retryWhile([202, 409], PATIENCE, restarted, one.tap) };
            }),
        ]);
        return { restarted, retried, left, finals, looks, calls: provider.calls.slice(calls) };
      }),
  );

/** Looks at charges until none is pending, for as long as the ticket says. */
async function finalsOf(service: StartedService, charges: readonly Answered[]): Promise<Finals> {
  const finals = new Map<string, string>();
  await happens(async () => {
    for (const { answer, tap } of charges) {
      if (finals.has(tap.key)) continue;
      const { status } = await readCharge(service, chargeOf(answer).id);
      if (status !== 'pending') finals.set(tap.key, status);
    }
    return finals.size === charges.length;
  }, PATIENCE);
  return finals;
}

const expectSomePending = ({ pending }: Night): void => {
  expect(
    pending.length,
    'charges that got 202, so that there is something to find out',
  ).toBeGreaterThan(0);
};

test(
  'a refusal after a lost answer does not say how the first call went',
  judges('5.2'),
  async ({ draw, provider, service }) => {
    await each('refusals', draw.shuffle([503, 401]), async (refusal) => {
      const tap = newTap(draw, `refusal-${refusal}`);
      provider.plan(tap.source, chargesAndThen('reset'), refuses(refusal));
      const first = await pay(service, tap);
      const calls = provider.callsFor(tap.source).length;
      // The service's own looks may hold the key each time that the client asks.
      const second = await retryWhile([409], { within: LEASE_MS }, service, tap);
      for (const [which, answer, right] of [
        ['The request', first, [202]],
        ['A retry', second, [202, 409]],
      ] as const) {
        await explain(
          () => {
            expect(
              right,
              `${which} got ${answer.status}, when the provider charged and broke the connection, and answered all later calls with ${refusal}`,
            ).toContain(answer.status);
          },
          async () => {
            if (provider.callsFor(tap.source).length < 2 || ![402, 503].includes(answer.status)) {
              return;
            }
            // Where a lost answer alone does not get 202, the later refusal did not mislead anybody.
            const lost = newTap(draw, 'lost');
            provider.plan(lost.source, chargesAndThen('reset'));
            if ((await pay(service, lost)).status !== 202) return;
            if (answer.status === 402) {
              lesson('blames-the-card', {
                observed: `The provider charged the card and broke the connection. It answered all later calls with ${refusal}, and ${which.toLowerCase()} got 402, declined.`,
                meaning: `A ${refusal} is about our credentials. The provider did not look at the charge, which it has made; the customer takes another card, and pays twice.`,
                lookAt: 'which answers of the provider are about the card, and which are about us.',
              });
            }
            lesson('last-answer-wins', {
              observed: `The provider charged the card and broke the connection. It answered all later calls with ${refusal}, ${calls - 1} of them before our first answer. ${which} got 503, which says that nothing was charged. Without a later call it is 202.`,
              meaning: `A ${refusal} of the provider describes the call that it answers. What the call before it did is as open as ever, and a customer who reads "nothing happened" pays elsewhere.`,
              lookAt: 'what is known after all calls for a charge, and not after the last one.',
            });
          },
        );
      }
    });
    provider.heal();
  },
);

test(
  'half of a 201 is taken for charged or for not known',
  judges('5.1'),
  async ({ draw, provider, service }) => {
    const tap = newTap(draw, 'half');
    provider.plan(tap.source, chargesAndThen({ status: 201, body: '{"id":"pc_' }));
    const { status } = await pay(service, tap);
    expect(
      [201, 202],
      `status (${status}) when the provider charged and answered 201, of which a half came`,
    ).toContain(status);
    provider.heal();
  },
);

test(
  'a charge whose outcome is not known is pending',
  judges('5.1'),
  async ({ provider, night }) => {
    const hidden = night.answers.filter(({ isHidden }) => isHidden);
    await each('charges with an unknown outcome', hidden, async ({ answer, what }) => {
      await explain(
        () => {
          expect(answer.status, `status when the provider ${what}`).toBe(202);
          expect(chargeOf(answer).status, `status of the charge when the provider ${what}`).toBe(
            'pending',
          );
        },
        () => {
          const isPaid = ({ tap }: Case) => provider.chargesFor(tap.source).length > 0;
          const declined = hidden.filter((other) => other.answer.status === 402);
          const paid = declined.filter(isPaid);
          if (paid.length > 0) {
            lesson('failed-on-timeout', {
              observed: `Of ${hidden.length} charges whose outcome the provider did not report, ${declined.length} got 402. The provider has charged ${paid.length} of these.`,
              meaning:
                'No answer is not a no. The call may have been lost on the way there, and nothing happened, or on the way back, and it is done. From here the two look alike.',
              lookAt: 'a third thing to say, besides yes and no, and what finds out later.',
            });
          }
          // Where a 503 of the provider came last, that may be what the service went by.
          const errorsOnly = hidden.filter(({ steps }) => steps.length === 1);
          const sentAway = errorsOnly.filter((other) => other.answer.status === 503).filter(isPaid);
          if (sentAway.length > 0) {
            lesson('error-is-a-no', {
              observed: `${plural(sentAway.length, 'charge')} got 503, which says that nothing was charged, when the provider ${sentAway[0]?.what}. The provider has charged ${sentAway.length === 1 ? 'it' : 'them'}.`,
              meaning:
                'A 500 says that the provider failed, not when: before it charged, or after. Only an answer that promises "this call did nothing" is a no.',
              lookAt: 'which answers of the provider make that promise.',
            });
          }
        },
      );
    });
  },
);

test(
  'the service finds out by itself',
  judges('5.4'),
  async ({ night, alone: { charges, finals, calls } }) => {
    expectSomePending(night);
    await expectSettled(charges, finals, (open) => {
      if (calls.some(({ source }) => source === open[0]?.tap.source)) return;
      explainForgotten(open, 'the provider was well again');
    });
  },
);

test(
  'a charge that a killed process left open is found out',
  judges('5.5'),
  async ({ night, morning: { left, finals, looks, calls } }) => {
    expectSomePending(night);
    await expectSettled(left, finals, (open) => {
      if (calls.some(({ source }) => source === open[0]?.tap.source)) return;
      if (looks === 0) explainForgotten(open, 'its restart');
      lesson('forgets-at-restart', {
        observed: `Before the service was killed, it had asked the provider ${plural(looks, 'time')} on its own how charges went that had got 202. ${FINAL_WITHIN_MS / 1000} s after its restart, ${plural(open.length, 'charge')} of before it are still pending, and it did not ask for ${open[0]?.tap.key} again.`,
        meaning:
          'Which charges are open was known to the process that left them open, and went with it. A deployment ends every process of a service.',
        lookAt: 'where a process that has just started finds what is open.',
      });
    });
  },
);

test(
  'the service does not ask how a charge went that has its final answer',
  judges('5.4'),
  async ({ night, alone, morning: { calls } }) => {
    const answered = night.answers.filter(({ answer }) => [201, 402].includes(answer.status));
    const found = alone.charges.filter(({ tap }) => alone.finals.has(tap.key));
    await each('final charges', [...answered, ...found], ({ tap, answer }) => {
      expect(
        calls.filter(({ source }) => source === tap.source).length,
        `calls to the provider for ${tap.key}, which got ${answer.status} and was final before the service was killed, since its restart`,
      ).toBe(0);
    });
  },
);

test(
  'a client that retries gets the final answer',
  judges('5.3'),
  async ({ provider, night, morning: { retried, restarted } }) => {
    expectSomePending(night);
    await each('retried charges', retried, async ({ last, tap, declines, what }) => {
      await explain(
        () => {
          expect(
            last.status,
            `status of a retry of ${tap.key}, ${FINAL_WITHIN_MS / 1000} s at most after the provider was well; before, it ${what}`,
          ).toBe(declines ? 402 : 201);
        },
        () => {
          const when = `when the provider was well; before, it ${what}`;
          return explainOldNews(provider, restarted, { tap, last, when });
        },
      );
    });
  },
);

test(
  'our books and the provider’s agree',
  judges('5.6'),
  async ({ provider, postgres, night: { answers }, morning: _morning }) => {
    await each('charges', answers, async ({ tap, declines, what }) => {
      await expectAtMostOneCharge(provider, tap);
      const charged = provider.chargesFor(tap.source).length;
      expect(charged, `charges at the provider for ${tap.key}`).toBe(declines ? 0 : 1);
      const rows = await rowsFor(postgres, tap.source);
      expect(
        rows.map(({ status }) => status),
        `status of the rows of charges for ${tap.key}, when the provider ${what} at first`,
      ).toEqual([declines ? 'declined' : 'succeeded']);
      const theirs = declines ? provider.declined : provider.charges;
      expect(
        rows.map((row) => row.provider_charge_id),
        `provider_charge_id of the rows of charges for ${tap.key}, when the provider ${what} at first`,
      ).toEqual(theirs.filter(({ source }) => source === tap.source).map(({ id }) => id));
    });
    const [books] = await postgres.query<{ amount: number }>(
      `SELECT coalesce(sum(amount), 0)::int AS amount FROM charges
        WHERE status = 'succeeded' AND source LIKE 'card_mixed_%'`,
    );
    const made = provider.charges.filter(({ source }) => source.startsWith('card_mixed_'));
    expect(books?.amount, 'sum of our books, held against the provider').toBe(
      made.reduce((total, { amount }) => total + amount, 0),
    );
  },
);

/** None of these may be pending, and each must be what it is at the provider. */
async function expectSettled(
  charges: readonly Answered[],
  finals: Finals,
  diagnose: (open: readonly Answered[]) => void,
): Promise<void> {
  const open = charges.filter(({ tap }) => !finals.has(tap.key));
  await explain(
    () =>
      each('charges that no client asked for', charges, ({ tap, declines, what }) => {
        expect(
          finals.get(tap.key) ?? `pending after ${FINAL_WITHIN_MS / 1000} s`,
          `status of the charge of ${tap.key}, when the provider was well; before, it ${what}`,
        ).toBe(declines ? 'declined' : 'succeeded');
      }),
    () => {
      if (open.length > 0) diagnose(open);
    },
  );
}

function explainForgotten(open: readonly Answered[], since: string): void {
  lesson('pending-for-ever', {
    observed: `${plural(open.length, 'charge')} had no final answer, and no client asked for ${open.length === 1 ? 'it' : 'them'} again. ${FINAL_WITHIN_MS / 1000} s after ${since}, with RECONCILE_EVERY_MS=${LOOK_EVERY_MS}, ${open[0]?.tap.key} is still pending, and the provider was not asked about it.`,
    meaning:
      '"Pending" is a promise to find out. A client that has gone home does not retry, and then nobody does: money may have moved that no book shows.',
    lookAt: 'what looks for charges that are open for too long, and what it asks the provider.',
  });
}

async function expectAtMostOneCharge(provider: Provider, { key, source }: Tap): Promise<void> {
  const charges = provider.chargesFor(source);
  await explain(
    () => expect(charges.length, `charges at the provider for ${key}`).toBeLessThanOrEqual(1),
    () => {
      const keys = provider.callsFor(source).map((call) => call.key);
      const names = new Set(keys);
      if (names.size < 2 && !names.has(undefined)) return;
      lesson('new-name-for-a-retry', {
        observed: `The card of ${key} was charged ${charges.length} times. The provider was called ${keys.length} times, ${names.has(undefined) ? 'without a key' : `with ${names.size} keys`}.`,
        meaning:
          'The first call may have charged. The provider could tell, but it was asked under another name, and to it that is another charge.',
        lookAt:
          'a name for the charge that is fixed before the first call, and that a later request finds again.',
      });
    },
  );
}

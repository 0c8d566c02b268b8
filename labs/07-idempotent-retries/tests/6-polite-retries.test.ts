import { explain, expect, gate, lesson, type StartedService } from '@backend-labs/testkit';
import { pay, plural } from './support/charges.ts';
import { test as base } from './support/payments.ts';
import { fails, heldAt, type Provider, refuses, well } from './support/provider.ts';

const MOST_ATTEMPTS = 3;
const BURST = 10;
const RETRIES_PER_REQUEST = 0.1;
const OUTAGE = 50;

/** A wait that a wrong client takes is a minute or more; a right one's is 0.1 s. */
const BASE_MS = 60_000;
const RANDOM = 0.001;
const DEADLINE_MS = 1_000;
/** Outer bound of what must come without a long wait: right clients need 0.2 to 1 s. */
const SOON_MS = 5_000;

const retries = base
  // Waits nothing between two attempts. Would wait a minute for one call, has a second for all of them.
  .extend('service', { scope: 'file' }, async ({ payments, cleanup }) => {
    return cleanup.use(
      await payments
        .with({
          RETRY_RANDOM: '0',
          PROVIDER_TIMEOUT_MS: String(BASE_MS),
          PROVIDER_DEADLINE_MS: String(DEADLINE_MS),
        })
        .start(),
    );
  })
  // Has all the time of the world and small random numbers.
  .extend('patient', { scope: 'file' }, async ({ payments, cleanup }) => {
    return cleanup.use(
      await payments
        .with({
          RETRY_RANDOM: String(RANDOM),
          RETRY_BASE_MS: String(BASE_MS),
          RETRY_CAP_MS: String(100 * BASE_MS),
          PROVIDER_DEADLINE_MS: String(100 * BASE_MS),
        })
        .start(),
    );
  });

/** Two charges that take a second each, side by side: one waits for its deadline, one is asked to. */
const test = retries.extend('slow', { scope: 'file' }, ({ provider, service, patient }) => {
  const silent = nextTap('silent');
  provider.plan(silent.source, fails('never'));
  const brief = nextTap('brief');
  provider.plan(brief.source, refuses(429, { 'retry-after': '1' }), well);
  return {
    silent: { tap: silent, answer: within(SOON_MS, pay(service, silent)) },
    brief: { tap: brief, answer: within(SOON_MS, pay(patient, brief)) },
  };
});

let number = 0;
const nextTap = (name: string) => {
  number += 1;
  return { key: `${name}-${number}`, source: `card_${name}_${number}` };
};

test('a charge is tried three times and no more', async ({ provider, service }) => {
  const healed = nextTap('healed');
  provider.plan(healed.source, refuses(503), fails({ status: 500 }), well);
  (await pay(service, healed)).expect(201);
  expect(provider.callsFor(healed.source), 'calls until the provider was well').toHaveLength(3);

  const down = nextTap('down');
  provider.plan(down.source, refuses(503));
  await pay(service, down);
  expect(provider.callsFor(down.source).length, 'calls for one charge').toBeLessThanOrEqual(
    MOST_ATTEMPTS,
  );
});

test('what will not heal is not tried again', async ({ provider, service }) => {
  for (const status of [400, 401, 403, 404, 422]) {
    const tap = nextTap(`no${status}`);
    provider.plan(tap.source, refuses(status));
    const answer = await pay(service, tap);
    const calls = provider.callsFor(tap.source).length;
    await explain(
      () => expect(calls, `calls after the provider answered ${status}`).toBe(1),
      () => {
        if (calls === 0) return;
        lesson('retry-everything', {
          observed: `The provider answered ${status}, and was called ${calls} times with the same request.`,
          meaning:
            'A 4xx says that the request is wrong, and it is the same request each time. Only 409 and 429 are about the moment and not about the request.',
          lookAt: 'which answers of the provider can be another one in a second.',
        });
      },
    );
    answer.expect(402);
  }
  for (const status of [409, 429]) {
    const tap = nextTap(`later${status}`);
    provider.plan(tap.source, refuses(status), well);
    (await pay(service, tap)).expect(201);
  }
});

test('waits grow and are random from zero up', async ({ provider, patient }) => {
  const tap = nextTap('waits');
  provider.plan(tap.source, refuses(503), refuses(503), well);
  const calls = () => provider.callsFor(tap.source);
  await explain(
    async () => {
      const answer = await within(SOON_MS, pay(patient, tap));
      expect(
        answer?.status,
        `status after ${plural(calls().length, 'call')} and ${SOON_MS / 1000} s, with RETRY_BASE_MS=${BASE_MS} and RETRY_RANDOM=${RANDOM}: two waits of at most ${BASE_MS * RANDOM} and ${2 * BASE_MS * RANDOM} ms`,
      ).toBe(201);
    },
    () => {
      if (calls().length >= MOST_ATTEMPTS) return;
      lesson('backoff-no-jitter', {
        observed: `With RETRY_BASE_MS=${BASE_MS} and RETRY_RANDOM=${RANDOM} the wait after call ${calls().length} is at most ${BASE_MS * RANDOM * calls().length} ms. ${SOON_MS / 1000} s later the service still waits.`,
        meaning:
          'The wait does not come from the random number alone, so all clients that failed in one moment come back in one moment, and again in the next. The provider gets up and is knocked down.',
        lookAt: 'full jitter: which part of the wait is random.',
      });
    },
  );
  const [first, second, third] = calls();
  const waits = [gap(first?.answeredAt, second?.at), gap(second?.answeredAt, third?.at)];
  // Timers may be early by a millisecond, never more; late they may be at will.
  for (const [n, atLeast] of [BASE_MS * RANDOM, 2 * BASE_MS * RANDOM].entries()) {
    expect(
      waits[n],
      `ms before retry ${n + 1}, with RETRY_BASE_MS=${BASE_MS} and RETRY_RANDOM=${RANDOM}`,
    ).toBeGreaterThanOrEqual(atLeast - 1.5);
  }
});

test('all calls together keep the deadline', async ({ provider, slow }) => {
  const { tap } = slow.silent;
  const answer = await slow.silent.answer;
  await explain(
    () => {
      expect(
        answer !== undefined,
        `an answer within ${SOON_MS / 1000} s, with PROVIDER_DEADLINE_MS=${DEADLINE_MS} and a provider that is silent`,
      ).toBe(true);
    },
    () => {
      const calls = provider.callsFor(tap.source).length;
      if (calls === 0) return;
      lesson('deadline-per-attempt', {
        observed: `With PROVIDER_DEADLINE_MS=${DEADLINE_MS} and PROVIDER_TIMEOUT_MS=${BASE_MS} the service waits for ${plural(calls, 'call')} to the provider, ${SOON_MS / 1000} s after it began.`,
        meaning:
          'Each call has a time-out of its own, and nothing bounds their sum. The caller has its own deadline; what comes after that is work for nobody, and its retry is under way already.',
        lookAt: 'how much of the whole is left when a call or a wait begins.',
      });
    },
  );
});

test('Retry-After is kept', async ({ provider, service, slow }) => {
  const long = nextTap('long');
  provider.plan(long.source, refuses(503, { 'retry-after': '3600' }));
  const answer = await within(SOON_MS, pay(service, long));
  await slow.brief.answer;
  const [first, second] = provider.callsFor(slow.brief.tap.source);
  const wait = gap(first?.answeredAt, second?.at);
  const calls = provider.callsFor(long.source).length;
  await explain(
    () => {
      expect(calls, 'calls to a provider that asked to be left alone for an hour').toBe(1);
      expect(wait, 'ms before the retry of a 429 with Retry-After: 1').toBeGreaterThanOrEqual(
        998.5,
      );
    },
    () => {
      if (calls < 2 && !(wait < 998.5)) return;
      lesson('ignore-retry-after', {
        observed: `The provider answered 503 with Retry-After: 3600 and was called ${plural(calls - 1, 'time')} more. ${Number.isNaN(wait) ? '' : `After 429 with Retry-After: 1 the next call came ${Math.round(wait)} ms later.`}`,
        meaning:
          'Who sends Retry-After knows when it can work again. An earlier call cannot succeed, and adds to what keeps it down.',
        lookAt:
          'how the wait that was asked for and the one of your own become one, and what to do when it ends behind the deadline.',
      });
    },
  );
  expect(answer?.status, 'status when the provider is away for an hour').toBe(503);
  expect(answer?.headers['retry-after'], 'Retry-After that is passed on').toBe('3600');
});

test('nobody retries for a caller who is gone', async ({ provider, service }) => {
  const gone = nextTap('gone');
  using held = gate(1, { opens: 'by hand' });
  provider.plan(gone.source, heldAt(held, refuses(503)));
  const caller = new AbortController();
  const call = pay(service, gone, { signal: caller.signal }).catch(() => {});
  await held.reached();
  caller.abort();
  await call;
  // Two turns of the service behind the end of that connection: it knows by now.
  for (let turn = 0; turn < 2; turn += 1) (await service.get('/healthz')).expect(200);
  held.open();
  await sentinel(provider, service);
  const calls = provider.callsFor(gone.source).length;
  await explain(
    () => expect(calls, 'calls for a charge whose caller hung up during the first').toBe(1),
    () => {
      if (calls < 2) return;
      lesson('deaf-to-hang-up', {
        observed: `The caller hung up during the first call to the provider. The provider then answered 503 and was called ${plural(calls - 1, 'time')} more.`,
        meaning:
          'Nobody waits for this answer, and the caller, who is impatient, has sent its own retry. Each layer that goes on alone multiplies the attempts of the layer above.',
        lookAt: 'what tells a handler that its response can no longer be sent.',
      });
    },
  );
});

/** A charge with two retries. Retries that wait nothing have come when it is through. */
async function sentinel(provider: Provider, service: StartedService): Promise<void> {
  const tap = nextTap('sentinel');
  provider.plan(tap.source, refuses(503), refuses(503), well);
  (await pay(service, tap)).expect(201);
}

test('retries stay within their budget when the provider is down', async ({
  provider,
  service,
}) => {
  const taps = Array.from({ length: OUTAGE }, () => nextTap('outage'));
  for (const { source } of taps) provider.plan(source, refuses(503));
  const lines = Array.from({ length: 10 }, async (_, line) => {
    for (let n = line; n < OUTAGE; n += 10) {
      const tap = taps[n];
      if (tap) await pay(service, tap);
    }
  });
  await Promise.all(lines);
  const calls = taps.reduce((total, { source }) => total + provider.callsFor(source).length, 0);
  const allowed = BURST + OUTAGE * RETRIES_PER_REQUEST;
  await explain(
    () => {
      expect(calls - OUTAGE, `retries of ${OUTAGE} charges`).toBeLessThanOrEqual(allowed);
    },
    () => {
      if (calls < OUTAGE * 1.5) return;
      lesson('no-budget', {
        observed: `${OUTAGE} charges made ${calls} calls to a provider that is down, ${calls - OUTAGE} of them retries; ${allowed} are allowed.`,
        meaning:
          'Each charge decides alone, so that an outage turns every request into three. The whole fleet does so at once, and what was too much for the provider becomes three times too much.',
        lookAt:
          'something that all charges of a process draw from, and that ordinary traffic fills again.',
      });
    },
  );
});

/** What came in time, or `undefined`. What comes later is nobody's. */
async function within<T>(ms: number, coming: Promise<T>): Promise<T | undefined> {
  coming.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}

const gap = (from: number | undefined, to: number | undefined): number =>
  from === undefined || to === undefined ? Number.NaN : to - from;

import { each, explain, expect, judges, lesson } from '@backend-labs/testkit';
import { newTap, plural } from './support/charges.ts';
import { refuses } from './support/provider.ts';
import {
  BRISK,
  CALL_MS,
  DEADLINE_MS,
  EARLY_MS,
  expectHealed,
  LONE,
  PATIENT,
  RETRY_AFTER_MS,
  send,
  type Sent,
  SOON_MS,
  test,
} from './support/retries.ts';

const MOST_ATTEMPTS = 3;
const BURST = 10;
const RETRIES_PER_REQUEST = 0.1;
const OUTAGE = 30;

test('a temporary failure is retried', judges('6.2'), async ({ provider, slow: { healing } }) => {
  await each('failures', healing, ({ sent, after }) => expectHealed(provider, sent, after));
});

test('nobody retries for a caller who has hung up', judges('6.8'), async ({ provider, slow }) => {
  await each('callers', [slow.gone, slow.goneLater], async (hungUp) => {
    const { gone, when, calls: before, after } = await hungUp;
    await after.answer;
    const calls = provider.callsFor(gone.source).length;
    await explain(
      () => expect(calls, `calls for a charge whose caller hung up ${when}`).toBe(before),
      () => {
        if (calls <= before) return;
        lesson('deaf-to-hang-up', {
          observed: `The caller hung up ${when}. The provider answered 503 and was called ${plural(calls - before, 'time')} more.`,
          meaning:
            'Nobody waits for this answer, and the caller, who is impatient, has sent its own retry. Each layer that goes on alone multiplies the attempts of the layer above.',
          lookAt: 'what tells a handler that its response can no longer be sent.',
        });
      },
    );
  });
});

test('a permanent error is not retried', judges('6.3'), async ({ provider, slow }) => {
  await each('errors', await slow.refused(), async ({ status, sent }) => {
    const answer = await sent.answer;
    const calls = provider.callsFor(sent.tap.source).length;
    await explain(
      () => {
        expect(
          `${answer ? 'an answer' : 'no answer'} after ${plural(calls, 'call')}`,
          `within ${SOON_MS / 1000} s, when the provider answered ${status}`,
        ).toBe('an answer after 1 call');
      },
      () => {
        if (calls < 2) return;
        lesson('retry-everything', {
          observed: `The provider answered ${status}, and was called ${calls} times with the same request.`,
          meaning:
            'A 4xx says that the request is wrong, and it is the same request each time. Only 408, 409 and 429 are about the moment and not about the request.',
          lookAt: 'which answers of the provider can be another one in a second.',
        });
      },
    );
  });
});

test('the cap bounds the wait', judges('6.4'), async ({ provider, slow }) => {
  await expectHealed(
    provider,
    slow.capped,
    'answered 503, then 503',
    `; with RETRY_RANDOM=${BRISK.random}, RETRY_BASE_MS=${BRISK.base} and RETRY_CAP_MS=${BRISK.cap} no wait is longer than ${BRISK.random * BRISK.cap} ms, and PROVIDER_DEADLINE_MS=${DEADLINE_MS}`,
  );
});

test(
  'retries stay within their budget when the provider is down',
  judges('6.9'),
  async ({ draw, provider, plain, slow }) => {
    // The outage leaves no retry for others.
    await Promise.all(slow.healing.map(({ sent }) => sent.answer));
    await (
      await slow.gone
    ).after.answer;
    const sent: Sent[] = [];
    let isStuck = false;
    const lines = Array.from({ length: 10 }, async () => {
      while (sent.length < OUTAGE && !isStuck) {
        const next = send(provider, plain, newTap(draw, `outage-${sent.length}`), refuses(503));
        sent.push(next);
        // A service that keeps one waiting keeps 30 waiting.
        if ((await next.answer) === undefined) isStuck = true;
      }
    });
    await Promise.all(lines);
    const outage = sent.reduce((all, { tap }) => all + provider.callsFor(tap.source).length, 0);
    // Every call of this process, in the other tests too.
    const ours = provider.calls.filter(({ source }) => !source.startsWith(`card_${LONE}`));
    const charges = new Set(ours.map(({ source }) => source)).size;
    const allowed = Math.floor(BURST + charges * RETRIES_PER_REQUEST);
    await explain(
      () => {
        expect(
          ours.length - charges,
          `retries of a process that has had ${charges} charges`,
        ).toBeLessThanOrEqual(allowed);
        expect(
          ours.length - charges,
          `retries of a process that has had ${charges} charges, most of them while the provider was down: charges earn new retries`,
        ).toBeGreaterThan(BURST);
      },
      () => {
        if (outage < sent.length * 1.5) return;
        lesson('no-budget', {
          observed: `${sent.length} charges made ${outage} calls to a provider that is down, ${outage - sent.length} of them retries; ${allowed} are allowed to a process that has had ${charges} charges.`,
          meaning:
            'Each charge decides alone, so that an outage turns every request into three. The whole fleet does so at once, and what was too much for the provider becomes three times too much.',
          lookAt:
            'something that all charges of a process draw from, and that ordinary traffic fills again.',
        });
      },
    );
  },
);

test(
  'a call that takes too long is given up and tried again',
  judges('6.2'),
  async ({ provider, slow }) => {
    await expectHealed(
      provider,
      slow.late,
      `was silent for longer than PROVIDER_TIMEOUT_MS=${CALL_MS}`,
      '; PROVIDER_DEADLINE_MS=60000',
    );
  },
);

test('a charge makes three calls and no more', judges('6.1'), async ({ provider, slow }) => {
  const { answer, tap } = slow.down;
  await answer;
  const calls = provider.callsFor(tap.source).length;
  await explain(
    () => {
      expect(calls, 'calls for one charge, with a provider that answers 503').toBeLessThanOrEqual(
        MOST_ATTEMPTS,
      );
    },
    () => {
      lesson('tries-too-often', {
        observed: `The provider answered 503 to each call, and was called ${calls} times for one charge.`,
        meaning:
          'The third failure in a row says that the fourth will fail too. Each further call is work for a provider that has too much of it, and time for which a customer waits.',
        lookAt: 'whether the limit counts calls or retries.',
      });
    },
  );
});

test('a Retry-After that was not waited for is passed on', judges('6.7'), async ({ slow }) => {
  const charges = [
    ['the last call’s 503', '2', slow.down],
    ['a 503 to the first call, of an hour,', '3600', slow.long],
  ] as const;
  await each('answers', charges, async ([what, seconds, { answer }]) => {
    const seen = await answer;
    await explain(
      () => {
        expect(
          `${seen?.status ?? 'no answer'}, Retry-After: ${seen?.headers['retry-after'] ?? 'none'}`,
          `our answer, when the provider sent Retry-After: ${seconds} with ${what}`,
        ).toBe(`503, Retry-After: ${seconds}`);
      },
      () => {
        const passed = seen?.headers['retry-after'];
        if (seen?.status !== 503 || passed === undefined || passed === seconds) return;
        lesson('own-retry-after', {
          observed: `The provider sent Retry-After: ${seconds} with ${what} and our 503 says ${passed}.`,
          meaning:
            'The provider knows when it can work again, and we do not. A client that comes back earlier is sent away again, and one that comes later has waited for nothing.',
          lookAt: 'what becomes of the provider’s number on its way to the client.',
        });
      },
    );
  });
});

test('all calls together keep the deadline', judges('6.6'), async ({ provider, slow }) => {
  const { tap, answer } = slow.silent;
  const seen = await answer;
  await explain(
    () => {
      expect(
        seen ? 'an answer' : 'no answer',
        `within ${SOON_MS / 1000} s, with PROVIDER_DEADLINE_MS=${DEADLINE_MS} and a provider that is silent`,
      ).toBe('an answer');
    },
    () => {
      const calls = provider.callsFor(tap.source).length;
      if (calls === 0) return;
      lesson('deadline-per-attempt', {
        observed: `With PROVIDER_DEADLINE_MS=${DEADLINE_MS} and PROVIDER_TIMEOUT_MS=60000 the service waits for ${plural(calls, 'call')} to the provider, ${SOON_MS / 1000} s after it began.`,
        meaning:
          'Each call has a time-out of its own, and nothing bounds their sum. The caller has its own deadline; what comes after that is work for nobody, and its retry is under way already.',
        lookAt: 'how much of the whole is left when a call or a wait begins.',
      });
    },
  );
});

test('a wait that would end too late is not begun', judges('6.6'), async ({ slow }) => {
  const answer = await slow.long.answer;
  expect(
    answer ? answer.status : `no answer in ${SOON_MS / 1000} s`,
    'status when the provider is away for an hour, with PROVIDER_DEADLINE_MS=60000',
  ).toBe(503);
});

test('waits grow and are random from zero up', judges('6.4'), async ({ provider, slow }) => {
  const { tap, answer } = slow.waits;
  const seen = await answer;
  const told = await slow.told();
  const calls = provider.callsFor(tap.source);
  const [first, second, third] = calls;
  const waits = [gap(first?.answeredAt, second?.at), gap(second?.answeredAt, third?.at)];
  const given = `RETRY_BASE_MS=${PATIENT.base} and RETRY_RANDOM=${PATIENT.random}`;
  const bounds = [PATIENT.base, 2 * PATIENT.base];
  await explain(
    () => {
      expect(
        `${plural(calls.length, 'call')} and ${seen?.status ?? 'no answer'}`,
        `calls for a charge, and its answer, when the provider answered 503, then 503, and then was well; within ${SOON_MS / 1000} s, with ${given}`,
      ).toBe('3 calls and 201');
      for (const [n, bound] of bounds.entries()) {
        expect(
          waits[n],
          `ms before retry ${n + 1}, with ${given} (and Retry-After: 0, which asks for nothing)`,
        ).toBeGreaterThanOrEqual(PATIENT.random * bound - EARLY_MS);
      }
      // By the order of two timers of one process, of which the shorter is set first, and not by a
      // clock: a busy machine delays both. Where Retry-After is not kept, the other test says so.
      for (const [n, other] of told.entries()) {
        const [refused, retried] = provider.callsFor(other.tap.source);
        if (!(gap(refused?.answeredAt, retried?.at) >= RETRY_AFTER_MS - EARLY_MS)) continue;
        expect(
          (calls[n + 1]?.at ?? 0) < (retried?.at ?? 0) ? 'before' : 'after',
          `when retry ${n + 1} came, with ${given} after ${Math.round(waits[n] ?? Number.NaN)} ms instead of ${PATIENT.random * (bounds[n] ?? 0)}, against that of another charge, which had to wait 1 s (Retry-After) and began later`,
        ).toBe('before');
      }
    },
    () => {
      const isWhole = bounds.every((bound, n) => (waits[n] ?? 0) >= bound - EARLY_MS);
      if (!isWhole) return;
      lesson('backoff-no-jitter', {
        observed: `With ${given} the service waited ${waits.map(Math.round).join(' and ')} ms before its two retries; ${bounds.map((bound) => PATIENT.random * bound).join(' and ')} are asked for.`,
        meaning:
          'The wait does not come from the random number, so all clients that failed in one moment come back in one moment, and again in the next. The provider gets up and is knocked down.',
        lookAt: 'full jitter: which part of the wait is random.',
      });
    },
  );
});

test('Retry-After is the least that is waited', judges('6.5'), async ({ provider, slow }) => {
  await slow.long.answer;
  const told = (await slow.told()).map(({ tap }) => provider.callsFor(tap.source));
  const wait = Math.min(...told.map(([first, second]) => gap(first?.answeredAt, second?.at)));
  const calls = provider.callsFor(slow.long.tap.source).length;
  const atLeast = RETRY_AFTER_MS - EARLY_MS;
  await explain(
    () => {
      expect(calls, 'calls to a provider that asked to be left alone for an hour').toBe(1);
      expect(
        told.every(([, second]) => second) ? 'a retry' : 'no retry',
        `after a 429 with Retry-After: 1, with PROVIDER_DEADLINE_MS=60000`,
      ).toBe('a retry');
      expect(wait, 'ms before the retry of a 429 with Retry-After: 1').toBeGreaterThanOrEqual(
        atLeast,
      );
    },
    () => {
      const seen = [
        ...(calls > 1
          ? [
              `The provider answered 503 with Retry-After: 3600 and was called ${plural(calls - 1, 'time')} more.`,
            ]
          : []),
        ...(wait < atLeast
          ? [`After 429 with Retry-After: 1 the next call came ${Math.round(wait)} ms later.`]
          : []),
      ];
      if (seen.length === 0) return;
      lesson('ignore-retry-after', {
        observed: seen.join(' '),
        meaning:
          'The side that sends Retry-After knows when it can work again. An earlier call cannot succeed, and adds to what keeps it down.',
        lookAt:
          'how the provider’s wait and your own become one, and what to do when it ends behind the deadline.',
      });
    },
  );
});

const gap = (from: number | undefined, to: number | undefined): number =>
  from === undefined || to === undefined ? Number.NaN : to - from;

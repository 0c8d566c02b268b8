import { explain, expect, lesson } from '@backend-labs/testkit';
import { plural } from './support/charges.ts';
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

test('what will not heal is not tried again', async ({ provider, slow }) => {
  for (const { status, sent } of slow.refused) {
    const answer = await sent.answer;
    const calls = provider.callsFor(sent.tap.source).length;
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
    expect(
      answer?.status ?? `no answer in ${SOON_MS / 1000} s`,
      `status of a charge that the provider answered with ${status}`,
    ).toBe(402);
  }
});

test('nobody retries for a caller who is gone', async ({ provider, slow }) => {
  const { gone, after } = await slow.gone;
  await after.answer;
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
  await expectHealed(provider, after, 'answered 503, then 503');
});

test('retries stay within their budget when the provider is down', async ({
  provider,
  brisk,
  slow,
}) => {
  const { after: last } = await slow.gone;
  // The outage leaves no retry for others. And who keeps one waiting keeps 30 waiting.
  for (const { sent, after } of [...slow.pairs, { sent: last, after: 'answered 503, then 503' }]) {
    if (!(await sent.answer)) await expectHealed(provider, sent, after);
  }
  const sent: Sent[] = [];
  let isStuck = false;
  const lines = Array.from({ length: 10 }, async () => {
    while (sent.length < OUTAGE && !isStuck) {
      const next = send(provider, brisk, 'outage', refuses(503));
      sent.push(next);
      if ((await next.answer) === undefined) isStuck = true;
    }
  });
  await Promise.all(lines);
  await slow.silent.answer;
  const outage = sent.reduce((all, { tap }) => all + provider.callsFor(tap.source).length, 0);
  // All that this process was asked for, in the other tests, too.
  const ours = provider.calls.filter(({ source }) => !source.startsWith(`card_${LONE}`));
  const charges = new Set(ours.map(({ source }) => source)).size;
  const allowed = Math.floor(BURST + charges * RETRIES_PER_REQUEST);
  await explain(
    () => {
      expect(
        ours.length - charges,
        `retries of a process that has had ${charges} charges`,
      ).toBeLessThanOrEqual(allowed);
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
});

test('a charge is tried three times and no more', async ({ provider, slow }) => {
  const bound = `; with RETRY_RANDOM=${BRISK.random}, RETRY_BASE_MS=${BRISK.base} and RETRY_CAP_MS=${BRISK.cap} no wait is longer than ${BRISK.random * BRISK.cap} ms, and PROVIDER_DEADLINE_MS=${DEADLINE_MS}`;
  for (const { sent, after } of slow.pairs) await expectHealed(provider, sent, after, bound);
  await expectHealed(provider, slow.broken, 'answered 504, then broke the connection');
  const { answer, tap } = slow.down;
  const refused = await answer;
  expect(provider.callsFor(tap.source).length, 'calls for one charge').toBeLessThanOrEqual(
    MOST_ATTEMPTS,
  );
  expect(refused?.status, 'status when the provider answered 503 to all calls').toBe(503);
  expect(
    refused?.headers['retry-after'],
    'Retry-After of our 503, when the last 503 of the provider asked for 2 s',
  ).toBe('2');
});

test('a call that takes too long is given up and tried again', async ({ provider, slow }) => {
  await expectHealed(
    provider,
    slow.late,
    `was silent for longer than PROVIDER_TIMEOUT_MS=${CALL_MS}`,
    '; PROVIDER_DEADLINE_MS=60000',
  );
});

test('all calls together keep the deadline', async ({ provider, slow }) => {
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

test('waits grow and are random from zero up', async ({ provider, slow }) => {
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

test('Retry-After is kept', async ({ provider, slow }) => {
  const answer = await slow.long.answer;
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
          'Who sends Retry-After knows when it can work again. An earlier call cannot succeed, and adds to what keeps it down.',
        lookAt:
          'how the wait that was asked for and the one of your own become one, and what to do when it ends behind the deadline.',
      });
    },
  );
  expect(
    answer ? answer.status : `no answer in ${SOON_MS / 1000} s`,
    'status when the provider is away for an hour, with PROVIDER_DEADLINE_MS=60000',
  ).toBe(503);
  expect(answer?.headers['retry-after'], 'Retry-After that is passed on').toBe('3600');
});

const gap = (from: number | undefined, to: number | undefined): number =>
  from === undefined || to === undefined ? Number.NaN : to - from;

import { type Answer, expect, gate, type StartedService } from '@backend-labs/testkit';
import { pay, plural, type Tap } from './charges.ts';
import { inTime } from './in-time.ts';
import { test as base } from './payments.ts';
import { fails, heldAt, type Provider, refuses, type Step, well } from './provider.ts';

/** A warm service needs some ten milliseconds of it, on a machine with ten times too much to do half a second. */
export const DEADLINE_MS = 2_000;
/** A wait that the cap does not bound, or bounds after the random number, is longer than the deadline. */
export const BRISK = { random: 0.01, base: 300_000, cap: 2_000 };
/** Waits 300 and 600 ms, each shorter than the shortest `Retry-After`; never bounded by the cap. */
export const PATIENT = { random: 0.2, base: 1_500, cap: 10_000 };
/** What one call may take where one is silent: a right client's first wait follows within the two seconds. */
export const CALL_MS = 1_500;
/** The shortest `Retry-After`. */
export const RETRY_AFTER_MS = 1_000;
/** Timers may be early by a millisecond, never more; late they may be at will. */
export const EARLY_MS = 1.5;
/** Outer bound of what must come without a long wait: right clients need 2 s. */
export const SOON_MS = 10_000;

const settings = ({ random, base: first, cap }: typeof BRISK) => ({
  RETRY_RANDOM: String(random),
  RETRY_BASE_MS: String(first),
  RETRY_CAP_MS: String(cap),
});

/** Names of charges that the other process is asked for. */
export const LONE = 'patient_';

export interface Sent {
  readonly tap: Tap;
  /** `undefined` when there was none in time. */
  readonly answer: Promise<Answer | undefined>;
}

export interface HungUp {
  readonly gone: Tap;
  /** Has two retries, begun later and with waits as long: when it ends, the first of `gone` has come, too. */
  readonly after: Sent;
}

let number = 0;
/** Sends a charge of which the provider's next calls go so. */
export function send(
  provider: Provider,
  service: StartedService,
  name: string,
  ...steps: Step[]
): Sent {
  number += 1;
  const tap = { key: `${name}-${number}`, source: `card_${name}_${number}` };
  provider.plan(tap.source, ...steps);
  const answer = inTime(SOON_MS, pay(service, tap));
  // Whoever awaits it is told of a failure.
  answer.catch(() => {});
  return { tap, answer };
}

const retries = base
  // Waits next to nothing between two attempts. Would wait a minute for one call, has two seconds for all.
  .extend('brisk', { scope: 'file' }, async ({ payments, cleanup }) => {
    const env = {
      ...settings(BRISK),
      PROVIDER_TIMEOUT_MS: '60000',
      PROVIDER_DEADLINE_MS: String(DEADLINE_MS),
    };
    return cleanup.use(await payments.with(env).start());
  })
  // Has a minute for all calls.
  .extend('patient', { scope: 'file' }, async ({ payments, cleanup }) => {
    const env = { ...settings(PATIENT), PROVIDER_TIMEOUT_MS: String(CALL_MS) };
    return cleanup.use(await payments.with(env).start());
  });

/** Charges that wait, two seconds at most, side by side and while the other tests run. */
export const test = retries.extend(
  'slow',
  { scope: 'file', auto: true },
  async ({ provider, brisk, patient }) => {
    // The first charge of a process opens its connections and compiles what it runs: not to be timed.
    const warm = [
      send(provider, brisk, 'first', well),
      send(provider, patient, `${LONE}first`, well),
    ];
    for (const { answer } of warm) await answer;
    const gone = hangUp(provider, brisk);
    // Whoever awaits it is told of a failure.
    gone.catch(() => {});
    const told: Sent[] = [];
    const again: Step = (call, charge) => {
      const steps = [refuses(429, { 'retry-after': '1' }), well];
      told.push(send(provider, patient, `${LONE}told`, ...steps));
      return refuses(503, { 'retry-after': '0' })(call, charge);
    };
    const waits = send(provider, patient, `${LONE}waits`, again, again, well);
    return {
      waits,
      refused: [400, 401, 404, 408, 422].map((status) => ({
        status,
        sent: send(provider, brisk, `no${status}`, refuses(status)),
      })),
      gone,
      /** Must wait for `Retry-After: 1`: one for each refusal of `waits`, and sent with it. */
      told: async (): Promise<readonly Sent[]> => {
        await waits.answer;
        if (told.length === 0) expect.fail('The provider was not called for a charge.');
        for (const { answer } of told) await answer;
        return told;
      },
      long: send(provider, patient, `${LONE}long`, refuses(503, { 'retry-after': '3600' })),
      late: send(provider, patient, `${LONE}late`, fails('never'), well),
      broken: send(
        provider,
        patient,
        `${LONE}broken`,
        fails({ status: 504 }),
        fails('reset'),
        well,
      ),
      silent: send(provider, brisk, 'silent', fails('never')),
      pairs: [
        [503, 500],
        [409, 429],
        [501, 502],
      ].map(([first = 0, second = 0]) => ({
        after: `answered ${first}, then ${second}`,
        sent: send(provider, brisk, 'healed', refuses(first), refuses(second), well),
      })),
      down: send(
        provider,
        patient,
        `${LONE}down`,
        refuses(503),
        refuses(503),
        refuses(503, { 'retry-after': '2' }),
      ),
    };
  },
);

/** A caller who is gone while the provider has its first call, which it refuses then. */
async function hangUp(provider: Provider, service: StartedService): Promise<HungUp> {
  const gone = { key: 'gone-1', source: 'card_gone' };
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
  return { gone, after: send(provider, service, 'after', refuses(503), refuses(503), well) };
}

/** A failure that may heal: the charge is made by the call after it. */
export async function expectHealed(
  provider: Provider,
  { tap, answer }: Sent,
  after: string,
  given = '',
): Promise<void> {
  const seen = await answer;
  const calls = provider.callsFor(tap.source).length;
  expect(
    `${seen?.status ?? `none in ${SOON_MS / 1000} s`} after ${plural(calls, 'call')}`,
    `answer to a charge, when the provider ${after}, and then was well${given}`,
  ).toBe(`201 after ${after.includes(', then') ? '3 calls' : '2 calls'}`);
}

import {
  type Answer,
  arrival,
  Draw,
  explain,
  expect,
  gate,
  lesson,
  type StartedService,
} from '@backend-labs/testkit';
import { newTap, pay, plural, type Tap } from './charges.ts';
import { inTime } from './in-time.ts';
import { test as base } from './payments.ts';
import { fails, heldAt, type Provider, refuses, type Step, well } from './provider.ts';

/** A warm service needs some ten milliseconds of it, on a machine with ten times too much to do half a second. */
export const DEADLINE_MS = 2_000;
/** A wait that the cap does not bound, or bounds after the random number, is longer than the deadline. */
export const BRISK = { random: 0.01, base: 300_000, cap: 2_000 };
/** Waits for nothing. */
const PLAIN = { random: 0, base: 1, cap: 1 };
/**
 * Waits 375 and 750 ms, each shorter than the shortest `Retry-After`; never bounded by the cap. With 3
 * instead of 2 as the base of its power, the second would be longer.
 */
export const PATIENT = { random: 0.25, base: 1_500, cap: 10_000 };
/** What one call may take where one is silent: a right client's first wait follows within the two seconds. */
export const CALL_MS = 1_500;
/** The shortest `Retry-After`. */
export const RETRY_AFTER_MS = 1_000;
/** Timers may be early by a millisecond, never more; late they may be at will. */
export const EARLY_MS = 1.5;
/** The ticket prints it: what must come without a long wait. Right clients need 2 s. */
export const SOON_MS = 10_000;

const settings = ({ random, base: first, cap }: typeof BRISK) => ({
  RETRY_RANDOM: String(random),
  RETRY_BASE_MS: String(first),
  RETRY_CAP_MS: String(cap),
});

/** Names of charges that go to another process than the plain one. */
export const LONE = 'other_';

export interface Sent {
  readonly tap: Tap;
  /** `undefined` when there was none in time. */
  readonly answer: Promise<Answer | undefined>;
}

export interface HungUp {
  readonly gone: Tap;
  /** When the caller hung up, and how many calls there were by then. */
  readonly when: string;
  readonly calls: number;
  /** Has retries, begun later and with waits as long: when it ends, the first of `gone` has come as well. */
  readonly after: Sent;
}

/** Temporary failures, two in a row each. */
const HEALING: readonly { readonly after: string; readonly steps: readonly Step[] }[] = [
  { after: 'answered 409, then 429', steps: [refuses(409), refuses(429)] },
  { after: 'answered 408, then 500', steps: [refuses(408), refuses(500)] },
  {
    after: 'answered 504, then broke the connection',
    steps: [fails({ status: 504 }), fails('reset')],
  },
];

/** Sends a charge of which the provider's next calls go so. */
export function send(
  provider: Provider,
  service: StartedService,
  tap: Tap,
  ...steps: Step[]
): Sent {
  provider.plan(tap.source, ...steps);
  const answer = inTime(SOON_MS, pay(service, tap));
  // The test that awaits it sees a failure.
  answer.catch(() => {});
  return { tap, answer };
}

const retries = base
  // Waits next to nothing between two attempts, if the cap bounds the wait before the random number
  // does. Would wait a minute for one call, has two seconds for all.
  .extend('brisk', { scope: 'file' }, ({ file, payments, cleanup }) =>
    file.once('brisk', async () => {
      const env = {
        ...settings(BRISK),
        PROVIDER_TIMEOUT_MS: '60000',
        PROVIDER_DEADLINE_MS: String(DEADLINE_MS),
      };
      return cleanup.use(await payments.with(env).start());
    }),
  )
  // Has a minute for all calls.
  .extend('patient', { scope: 'file' }, ({ file, payments, cleanup }) =>
    file.once('patient', async () => {
      const env = { ...settings(PATIENT), PROVIDER_TIMEOUT_MS: String(CALL_MS) };
      return cleanup.use(await payments.with(env).start());
    }),
  )
  // Waits as the patient one does, and has a budget of its own.
  .extend('left', { scope: 'file' }, ({ file, payments, cleanup }) =>
    file.once('left', async () => cleanup.use(await payments.with(settings(PATIENT)).start())),
  )
  // Does not wait, whatever a wait is made of.
  .extend('plain', { scope: 'file' }, ({ file, payments, cleanup }) =>
    file.once('plain', async () => cleanup.use(await payments.with(settings(PLAIN)).start())),
  );

/** Charges that wait, two seconds at most, side by side and while the other tests run. */
export const test = retries.extend(
  'slow',
  { scope: 'file', auto: true },
  ({ file, run, provider, brisk, patient, left, plain }) =>
    file.once('slow', async () => {
      const draw = new Draw(run.seed, 'slow');
      const sendTo =
        (service: StartedService) =>
        (name: string, ...steps: Step[]): Sent =>
          send(provider, service, newTap(draw, name), ...steps);
      const briskly = sendTo(brisk);
      const patiently = sendTo(patient);
      const plainly = sendTo(plain);
      // The first charge of a process opens its connections and compiles what it runs: not to be timed.
      const warm = [
        briskly(`${LONE}first`, well),
        patiently(`${LONE}first`, well),
        plainly('first', well),
      ];
      for (const { answer } of warm) await answer;
      const gone = hangUp(provider, plain, draw);
      const goneLater = hangUpInWait(provider, left, draw);
      // The test that awaits them sees a failure.
      for (const hungUp of [gone, goneLater]) hungUp.catch(() => {});
      const told: Sent[] = [];
      const again: Step = (call, charge) => {
        told.push(patiently(`${LONE}told`, refuses(429, { 'retry-after': '1' }), well));
        return refuses(503, { 'retry-after': '0' })(call, charge);
      };
      const healing = HEALING.map(({ after, steps }) => {
        return { after, sent: plainly('healing', ...steps, well) };
      });
      const waits = patiently(`${LONE}waits`, again, again, well);
      return {
        waits,
        gone,
        goneLater,
        /** Must wait for `Retry-After: 1`: one for each refusal of `waits`, and sent with it. */
        told: async (): Promise<readonly Sent[]> => {
          await waits.answer;
          if (told.length === 0) expect.fail('The provider was not called for a charge.');
          for (const { answer } of told) await answer;
          return told;
        },
        long: patiently(`${LONE}long`, refuses(503, { 'retry-after': '3600' })),
        late: patiently(`${LONE}late`, fails('never'), well),
        silent: briskly(`${LONE}silent`, fails('never')),
        capped: briskly(`${LONE}capped`, refuses(503), refuses(503), well),
        healing,
        /** Sent when the charges that need retries have had theirs. */
        refused: async () => {
          for (const { sent } of healing) await sent.answer;
          await (
            await gone
          ).after.answer;
          return draw.shuffle([400, 401, 403, 404, 422]).map((status) => {
            return { status, sent: plainly(`no${status}`, refuses(status)) };
          });
        },
        down: patiently(
          `${LONE}down`,
          refuses(503),
          refuses(503),
          refuses(503, { 'retry-after': '2' }),
        ),
      };
    }),
);

/** A caller who is gone while the provider has its first call, which it refuses then. */
async function hangUp(provider: Provider, service: StartedService, draw: Draw): Promise<HungUp> {
  const gone = newTap(draw, 'gone');
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
  const next = newTap(draw, 'after');
  const after = send(provider, service, next, refuses(503), refuses(503), well);
  return { gone, when: 'during the first call', calls: 1, after };
}

/** A caller who is gone while the service waits before its first retry. */
async function hangUpInWait(
  provider: Provider,
  service: StartedService,
  draw: Draw,
): Promise<HungUp> {
  const gone = newTap(draw, `${LONE}gone`);
  const later = refuses(503, { 'retry-after': '1' });
  const refused = Promise.withResolvers<void>();
  provider.plan(gone.source, (call, charge) => {
    refused.resolve();
    return later(call, charge);
  });
  const caller = new AbortController();
  const call = pay(service, gone, { signal: caller.signal }).catch(() => {});
  await arrival('a call to the provider', refused.promise);
  // Two turns of the service behind that refusal: it waits by now.
  for (let turn = 0; turn < 2; turn += 1) (await service.get('/healthz')).expect(200);
  const calls = provider.callsFor(gone.source).length;
  caller.abort();
  await call;
  const after = send(provider, service, newTap(draw, `${LONE}after`), later, well);
  return { gone, when: 'while the service waited before a retry', calls, after };
}

/** A temporary failure: the charge is made by the call after it. */
export async function expectHealed(
  provider: Provider,
  { tap, answer }: Sent,
  after: string,
  given = '',
): Promise<void> {
  const seen = await answer;
  const calls = provider.callsFor(tap.source).length;
  await explain(
    () => {
      expect(
        `${seen?.status ?? `none in ${SOON_MS / 1000} s`} after ${plural(calls, 'call')}`,
        `answer to a charge, when the provider ${after}, and then was well${given}`,
      ).toBe(`201 after ${after.includes(', then') ? '3 calls' : '2 calls'}`);
    },
    () => {
      if (seen?.status !== 202 || calls !== 1) return;
      lesson('gives-up-on-doubt', {
        observed: `The provider ${after}, and then was well. It was called once, and the client got 202.`,
        meaning:
          'A call whose outcome is not known can be repeated: the provider knows the charge by its key, and answers the same again. Most such failures are over in a moment, and a customer who gets 202 waits at the till.',
        lookAt: 'what makes it safe to ask again, and which failures you ask again after.',
      });
    },
  );
}

import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from './params.ts';
import type { Random } from './random.ts';
import { RetryBudget } from './retry-budget.ts';
import type { Settings } from './settings.ts';

/** What the provider is asked to charge. */
export interface ProviderRequest {
  /** The provider's name for this charge: asked again under it, it charges once. */
  readonly key: string;
  /** Our id of the charge; its events name it. */
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly source: string;
}

/** The provider charged the card or said that it never will. */
export interface Final {
  readonly kind: 'final';
  readonly status: 'succeeded' | 'declined';
  /** The provider's id of the charge. */
  readonly id?: string;
  /** Why it was declined. */
  readonly code?: string;
}

/** The provider said that it did nothing. */
interface NotProcessed {
  readonly kind: 'not processed';
  /** How long it wants to be left alone. */
  readonly retryAfterMs: number;
  /** Whether the same call may go better in a moment. */
  readonly mayHeal: boolean;
}

export type Outcome = Final | NotProcessed | { readonly kind: 'unknown' };

export interface Provider {
  /** Asks for a charge, with retries. `gone` ends them, not the call that is under way. */
  charge(request: ProviderRequest, gone?: AbortSignal): Promise<Outcome>;
}

const ATTEMPTS = 3;

type Options = Pick<
  Settings,
  'providerUrl' | 'providerTimeoutMs' | 'providerDeadlineMs' | 'retryBaseMs' | 'retryCapMs'
>;

/** The provider's API over HTTP, with retries that do not make a bad day worse. */
export function createProvider(options: Options, random: Random): Provider {
  const budget = new RetryBudget();

  /**
   * "Full jitter": anything from nothing to an exponentially growing bound, so that clients which
   * failed together do not come back together.
   * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
   */
  function backoff(attempt: number): number {
    return random() * Math.min(options.retryCapMs, options.retryBaseMs * 2 ** (attempt - 1));
  }

  return {
    async charge(request, gone) {
      budget.earn();
      const end = performance.now() + options.providerDeadlineMs;
      let isUnknown = false;
      for (let attempt = 1; ; attempt += 1) {
        const left = end - performance.now();
        const seen = await send(options, request, Math.min(options.providerTimeoutMs, left));
        if (seen.kind === 'final') return seen;
        // A later "I did nothing" is about the later call only.
        isUnknown ||= seen.kind === 'unknown';
        const outcome: Outcome = isUnknown ? { kind: 'unknown' } : seen;
        if (seen.kind === 'not processed' && !seen.mayHeal) return outcome;
        const asked = seen.kind === 'not processed' ? seen.retryAfterMs : 0;
        const delay = Math.max(backoff(attempt), asked);
        const isLate = performance.now() + delay >= end;
        if (attempt === ATTEMPTS || isLate || gone?.aborted || !budget.spend()) return outcome;
        // Rejects when the caller hangs up meanwhile.
        await sleep(delay, undefined, gone && { signal: gone }).catch(() => {});
        if (gone?.aborted) return outcome;
      }
    },
  };
}

/** One call. Never rejects: an outcome that nobody knows is `unknown`. */
async function send(
  { providerUrl }: Options,
  { key, ...body }: ProviderRequest,
  timeoutMs: number,
): Promise<Outcome> {
  try {
    const response = await fetch(`${providerUrl}/v1/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs))),
    });
    return outcomeOf(response, await response.json().catch(() => undefined));
  } catch {
    return { kind: 'unknown' };
  }
}

function outcomeOf({ status, headers }: Response, body: unknown): Outcome {
  if (status === 429 || status === 503) {
    const seconds = Number(headers.get('retry-after') ?? 0);
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
    return { kind: 'not processed', retryAfterMs, mayHeal: true };
  }
  // Our credentials: whether the card is good, or was charged before, nobody has looked at.
  if (status === 401 || status === 403) {
    return { kind: 'not processed', retryAfterMs: 0, mayHeal: false };
  }
  const { id, code, error } = isObject(body) ? body : {};
  const named = typeof id === 'string' ? { id } : {};
  if (status === 201) return { kind: 'final', status: 'succeeded', ...named };
  // 408: the call was cut off; 409: an earlier call for this charge is still under way.
  if (status < 400 || status >= 500 || [408, 409].includes(status)) return { kind: 'unknown' };
  const reason = [code, error].find((text) => typeof text === 'string') ?? 'refused';
  return { kind: 'final', status: 'declined', code: reason, ...named };
}

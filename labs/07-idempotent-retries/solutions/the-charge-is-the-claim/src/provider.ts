import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from './params.ts';
import type { Random } from './random.ts';
import type { Settings } from './settings.ts';

/** What the provider is asked to charge. */
export interface ProviderRequest {
  /** Our id of the charge: its events name it, and the provider charges once for it. */
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly source: string;
}

/** The provider charged the card or never will. */
export interface Verdict {
  readonly kind: 'verdict';
  readonly status: 'succeeded' | 'declined';
  readonly providerId?: string;
  readonly code?: string;
}

/**
 * `refused`: this call charged nothing, try again in so many seconds; `Infinity`: a retry cannot help
 * until a person acts. `doubt`: nobody here knows.
 */
export type Said =
  | Verdict
  | { readonly kind: 'refused'; readonly retryAfter: number }
  | { readonly kind: 'doubt' };

export interface Provider {
  charge(request: ProviderRequest, gone?: AbortSignal): Promise<Said>;
}

const RETRIES = 2;
const FREE_RETRIES = 10;
const REQUESTS_PER_RETRY = 10;

export function createProvider(settings: Settings, random: Random): Provider {
  let requests = 0;
  let retries = 0;

  return {
    async charge(request, gone) {
      requests += 1;
      const deadline = AbortSignal.timeout(settings.providerDeadlineMs);
      const end = Date.now() + settings.providerDeadlineMs;
      let said = await call(settings, request, deadline);
      let inDoubt = said.kind === 'doubt';
      for (let retry = 0; retry < RETRIES && said.kind !== 'verdict'; retry += 1) {
        const bound = Math.min(settings.retryCapMs, settings.retryBaseMs * 2 ** retry);
        const asked = said.kind === 'refused' ? said.retryAfter * 1000 : 0;
        const wait = Math.max(asked, random() * bound);
        if (Date.now() + wait >= end) break;
        if (gone?.aborted || retries >= FREE_RETRIES + Math.floor(requests / REQUESTS_PER_RETRY))
          break;
        retries += 1;
        try {
          await sleep(wait, undefined, gone && { signal: gone });
        } catch {
          break;
        }
        said = await call(settings, request, deadline);
        inDoubt ||= said.kind === 'doubt';
      }
      return said.kind === 'refused' && inDoubt ? { kind: 'doubt' } : said;
    },
  };
}

async function call(
  { providerUrl, providerTimeoutMs }: Settings,
  request: ProviderRequest,
  deadline: AbortSignal,
): Promise<Said> {
  try {
    const response = await fetch(`${providerUrl}/v1/charges`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': `charge-${request.reference}`,
      },
      body: JSON.stringify(request),
      signal: AbortSignal.any([deadline, AbortSignal.timeout(providerTimeoutMs)]),
    });
    return read(response.status, response.headers.get('retry-after'), await response.text());
  } catch {
    return { kind: 'doubt' };
  }
}

function read(status: number, retryAfter: string | null, text: string): Said {
  switch (status) {
    case 201:
      return { kind: 'verdict', status: 'succeeded', ...details(text) };
    // Our credentials are wrong: nobody has looked at the card, nor at what was charged before.
    case 401:
    case 403:
      return { kind: 'refused', retryAfter: Infinity };
    case 408:
    case 409:
      return { kind: 'doubt' };
    case 429:
    case 503:
      return { kind: 'refused', retryAfter: Math.max(Number(retryAfter) || 0, 0) };
    default:
      if (status < 400 || status >= 500) return { kind: 'doubt' };
      return { kind: 'verdict', status: 'declined', code: 'refused', ...details(text) };
  }
}

/** The provider's id and reason, as far as it tells them. */
function details(text: string): Pick<Verdict, 'providerId' | 'code'> {
  const body: unknown = JSON.parse(text);
  if (!isObject(body)) return {};
  const { id, code, error } = body;
  return {
    ...(typeof id === 'string' && { providerId: id }),
    ...(typeof error === 'string' && { code: error }),
    ...(typeof code === 'string' && { code }),
  };
}

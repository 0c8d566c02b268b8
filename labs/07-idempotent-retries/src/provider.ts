import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from './params.ts';
import type { Random } from './random.ts';
import type { Settings } from './settings.ts';

/** What the provider is asked to charge. */
export interface ProviderRequest {
  /** Our id of the charge; its events name it. */
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly source: string;
}

/** What the provider said of a charge. */
export interface Outcome {
  readonly status: 'succeeded' | 'declined';
  /** The provider's id of the charge. */
  readonly id?: string;
  /** Why it was declined. */
  readonly code?: string;
}

export interface Provider {
  /** Asks for a charge. Rejects when there was no answer that says how it went. */
  charge(request: ProviderRequest): Promise<Outcome>;
}

const ATTEMPTS = 3;

type Options = Pick<
  Settings,
  'providerUrl' | 'providerTimeoutMs' | 'providerDeadlineMs' | 'retryBaseMs' | 'retryCapMs'
>;

/** The provider's API over HTTP, tried again when it fails. */
export function createProvider(options: Options, _random: Random): Provider {
  return {
    async charge(request) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await send(options, request);
        } catch (error) {
          if (attempt === ATTEMPTS) throw error;
          // TODO(task 6): the rules of the ticket.
          await sleep(options.retryBaseMs * 2 ** (attempt - 1));
        }
      }
    },
  };
}

async function send(options: Options, request: ProviderRequest): Promise<Outcome> {
  const response = await fetch(`${options.providerUrl}/v1/charges`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(options.providerTimeoutMs),
  });
  if (response.status !== 201 && response.status !== 402) {
    throw new Error(`the provider answered ${response.status}`);
  }
  return outcomeOf(await response.json());
}

function outcomeOf(body: unknown): Outcome {
  if (!isObject(body)) throw new Error('the provider answered something else than an object');
  const { id, status, code } = body;
  if (typeof id !== 'string' || (status !== 'succeeded' && status !== 'declined')) {
    throw new Error('the provider answered without an id or a status');
  }
  return { status, id, ...(typeof code === 'string' && { code }) };
}

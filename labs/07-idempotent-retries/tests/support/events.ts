import { createHmac } from 'node:crypto';
import { type Answer, eventually, expect, type StartedService } from '@backend-labs/testkit';

export const SECRET = 'whsec_of_the_test';

export interface ProviderEvent {
  readonly id: string;
  readonly type: 'charge.succeeded' | 'charge.declined' | 'charge.refunded';
  readonly data: { readonly reference: string; readonly amount: number };
}

/** `Provider-Signature` of a body, by default of this moment. */
export function sign(text: string, { secret = SECRET, ageSeconds = 0 } = {}): string {
  const time = Math.floor(Date.now() / 1000) - ageSeconds;
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${text}`).digest('hex')}`;
}

/** Delivers an event as the provider does, or with another text or signature. */
export function deliver(
  service: StartedService,
  event: ProviderEvent,
  { text = JSON.stringify(event), signature = sign(text) }: Partial<Delivery> = {},
): Promise<Answer> {
  return service.request('POST', '/webhooks/provider', {
    body: text,
    headers: {
      'content-type': 'application/json',
      ...(signature !== '' && { 'provider-signature': signature }),
    },
  });
}

/** The provider sends it again until it is taken. */
export async function redeliver(service: StartedService, event: ProviderEvent): Promise<Answer> {
  return eventually('an event that failed to be taken when it comes again', async () => {
    const answer = await deliver(service, event);
    expect(answer.status, 'status of the event').toBe(200);
    return answer;
  });
}

interface Delivery {
  readonly text: string;
  /** Empty: none is sent. */
  readonly signature: string;
}

let number = 0;

export function refund(reference: string, amount: number): ProviderEvent {
  number += 1;
  return { id: `evt_${number}`, type: 'charge.refunded', data: { reference, amount } };
}

export function told(type: ProviderEvent['type'], reference: string): ProviderEvent {
  number += 1;
  return { id: `evt_${number}`, type, data: { reference, amount: 1250 } };
}

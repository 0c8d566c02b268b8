import type { Draw, Logs, OtlpCollector } from '@backend-labs/testkit';
import type { Checkout } from './checkouts.ts';

/** Something that no log line and no span may hold. */
export interface Secret {
  /** Completes "… is in a line". */
  readonly what: string;
  readonly value: string;
}

/** Headers and a query with a secret each, for one request. */
export function secretRequest(draw: Draw): {
  readonly headers: Record<string, string>;
  readonly query: string;
  readonly secrets: readonly Secret[];
} {
  const [bearer, session, token] = [draw.word(20), draw.word(20), draw.word(20)];
  return {
    headers: { authorization: `Bearer ${bearer}`, cookie: `session=${session}; theme=dark` },
    query: `?token=${token}`,
    secrets: [
      { what: 'the Authorization header', value: bearer },
      { what: 'the Cookie header', value: session },
      { what: 'the query parameter token', value: token },
    ],
  };
}

/** The secrets of a body. `of` tells in which case it was sent. */
export function secretsOf({ card, customer }: Checkout, of: string): readonly Secret[] {
  return [
    { what: `the card number of ${of}`, value: card.number },
    { what: `the email of ${of}`, value: customer.email },
    { what: `the street of ${of}`, value: customer.street },
  ];
}

/** The first line that holds the secret. */
export function lineWith({ value }: Secret, logs: Logs): string | undefined {
  return [...logs.stdout, ...logs.stderr].find((line) => line.includes(value));
}

/** Where in the exports the secret is: the key of the first value that holds it. */
export function exportedWith({ value }: Secret, collector: OtlpCollector): string | undefined {
  for (const { json, text, path } of collector.requests) {
    if (!text.includes(value)) continue;
    return `${path.replace('/v1/', '')}: ${keyOf(json, value) ?? 'somewhere'}`;
  }
  return undefined;
}

/** An OTLP attribute is `{ key, value: { stringValue } }`; other texts are members. */
function keyOf(json: unknown, value: string, name = ''): string | undefined {
  if (typeof json === 'string') return json.includes(value) ? name : undefined;
  if (typeof json !== 'object' || json === null) return undefined;
  const own = 'key' in json && typeof json.key === 'string' ? json.key : undefined;
  for (const [member, inner] of Object.entries(json)) {
    const found = keyOf(inner, value, own ?? (Array.isArray(json) ? name : member));
    if (found !== undefined) return found;
  }
  return undefined;
}

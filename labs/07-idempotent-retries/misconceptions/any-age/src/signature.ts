import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `Provider-Signature: t=<seconds>,v1=<hex>` is of this body.
 * Signed is `<t>.<body>`, the bytes as they came: the same JSON written otherwise is another text.
 */
export function isSigned(header: string | undefined, body: Buffer, secret: string): boolean {
  const [, time = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (time === '') return false;
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(given, 'hex'));
}

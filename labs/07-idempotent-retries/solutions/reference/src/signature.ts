import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

/**
 * Whether `Provider-Signature: t=<seconds>,v1=<hex>` is of this body and not older than five minutes.
 * Signed is `<t>.<body>`, the bytes as they came: the same JSON written otherwise is another text.
 */
export function isSigned(
  header: string | undefined,
  body: Buffer,
  secret: string,
  nowSeconds = Date.now() / 1000,
): boolean {
  const [, time = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (time === '' || Math.abs(nowSeconds - Number(time)) > TOLERANCE_SECONDS) return false;
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(given, 'hex'));
}

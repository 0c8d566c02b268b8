import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Sandbox } from './sandbox/provider.ts';

const SERVICE_URL = process.env['SERVICE_URL'] ?? 'http://127.0.0.1:8080';
/** Where the service expects its provider. */
const PROVIDER_PORT = Number(process.env['PROVIDER_PORT'] ?? 4070);

/** One tap on "Pay", as it reaches the service. */
function tap(key: string): Promise<Response> {
  return fetch(`${SERVICE_URL}/v1/charges`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-account-id': '57',
      'idempotency-key': key,
    },
    body: JSON.stringify({ amount: 1250, currency: 'EUR', source: 'card_visa' }),
  });
}

await test('CS-9014: five taps during a slow charge', async () => {
  await using provider = await Sandbox.open(PROVIDER_PORT);
  provider.hold();
  const key = randomUUID();
  const first = tap(key);
  await provider.called(1);
  const retries = Array.from({ length: 4 }, () => tap(key));
  // A service that lets a retry through to the provider would never answer it while that is held.
  await Promise.race([Promise.all(retries), provider.called(1 + retries.length)]);
  provider.release();
  await Promise.all([first, ...retries]);
  assert.equal(provider.charges.length, 1, 'charges for one key');
});

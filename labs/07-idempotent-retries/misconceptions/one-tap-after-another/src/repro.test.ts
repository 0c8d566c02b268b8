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

await test('a tap is one charge', async () => {
  await using provider = await Sandbox.open(PROVIDER_PORT);
  const answer = await tap(randomUUID());
  assert.equal(answer.status, 201);
  assert.equal(provider.charges.length, 1);
});

await test('a tap that is sent again is still one charge', async () => {
  await using provider = await Sandbox.open(PROVIDER_PORT);
  const key = randomUUID();
  const first = await tap(key);
  const second = await tap(key);
  assert.equal(first.status, 201);
  assert.equal(second.status, 201);
  assert.equal(provider.charges.length, 1);
});

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Double } from '../src/http/double.ts';
import { gate } from '../src/wait/gate.ts';

test('a double records what it is sent and answers what the handler says', async () => {
  await using provider = await Double.open(({ json }) => ({ status: 201, body: { got: json } }));
  const answer = await fetch(`${provider.url}/charges?try=1`, {
    method: 'POST',
    headers: { 'Idempotency-Key': 'k1' },
    body: '{"amount":12}',
  });
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ got: { amount: 12 } });
  const [request] = await provider.received(1);
  expect(request).toMatchObject({
    method: 'POST',
    path: '/charges?try=1',
    headers: { 'idempotency-key': 'k1' },
    text: '{"amount":12}',
  });
});

test('a double does not read a request without an end', async () => {
  await using provider = await Double.open(() => ({ status: 200 }));
  const zeros = gzipSync(Buffer.alloc(20_000_000));
  const headers = { 'content-encoding': 'gzip' };
  await expect(
    fetch(provider.url, { method: 'POST', headers, body: zeros }),
  ).rejects.toBeInstanceOf(TypeError);
  expect(provider.requests).toEqual([]);
});

test('a handler may hold its callers at a gate', async () => {
  using both = gate(2);
  await using provider = await Double.open(async () => {
    await both.arrive();
    return { body: 'late' };
  });
  const answers = await Promise.all([fetch(provider.url), fetch(provider.url)]);
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['late', 'late']);
});

test('reset breaks the connection, never keeps the caller waiting until it hangs up', async () => {
  await using provider = await Double.open(() => 'reset');
  await expect(fetch(provider.url)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });

  provider.handler = () => 'never';
  const hangUp = new AbortController();
  const answer = fetch(provider.url, { signal: hangUp.signal });
  const [, request] = await provider.received(2);
  hangUp.abort();
  await expect(answer).rejects.toThrow('aborted');
  await expect.poll(() => request?.gone.aborted).toBe(true);
});

test('what a handler throws comes out when the double is disposed', async () => {
  const provider = await Double.open(() => {
    throw new TypeError('a bug in a double');
  });
  await expect(fetch(provider.url)).rejects.toThrow('fetch failed');
  await expect(provider[Symbol.asyncDispose]()).rejects.toThrow('a bug in a double');
});

test('requests that do not come are waited for in vain, with their number', async () => {
  await using provider = await Double.open(() => ({}));
  await expect(provider.received(2, { within: 50 })).rejects.toThrow(
    /Waited 50 ms for 2 requests to the double/u,
  );
});

import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { claimPort } from '../src/ports.ts';

test('claims are never for the same port while they last', async () => {
  await using claims = new AsyncDisposableStack();
  const ports = await Promise.all(
    Array.from({ length: 200 }, async () => claims.use(await claimPort()).port),
  );
  expect(new Set(ports).size).toBe(200);
  expect(ports.every((port) => port >= 21_000 && port <= 28_999)).toBe(true);
});

test('a claimed port can be listened on', async () => {
  await using claim = await claimPort();
  const server = createServer();
  server.listen(claim.port, '127.0.0.1');
  await once(server, 'listening');
  expect(server.listening).toBe(true);
  server.close();
});

test('giving a claim back twice is harmless', async () => {
  const claim = await claimPort();
  await claim[Symbol.asyncDispose]();
  await expect(claim[Symbol.asyncDispose]()).resolves.toBeUndefined();
});

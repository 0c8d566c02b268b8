import { delimiter } from 'node:path';
import { expect, test } from 'vitest';
import { environmentFor } from '../bootstrap/environment.mjs';

test('a proxy is never asked for servers of this machine', () => {
  const env = environmentFor(
    { NODE_USE_ENV_PROXY: '1', NO_PROXY: 'intra.example' },
    '/n/node',
    '/',
  );
  expect(env['NO_PROXY']).toBe('intra.example,127.0.0.1,localhost,::1');
  expect(env['no_proxy']).toBe(env['NO_PROXY']);
});

test('the Node of a checkout with a colon in its name is one entry of the PATH', () => {
  const env = environmentFor({ PATH: '/usr/bin' }, '/c:d/.labs/node/bin/node', '/c:d');
  expect(env['PATH']?.split(delimiter)).toEqual(['.labs/node/bin', '/usr/bin']);
});

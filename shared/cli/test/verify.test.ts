import { expect, test } from 'vitest';
import { Labs } from './support/labs.ts';

test('a part of a matrix, twice: each round is reported as it ends, with its seed', async () => {
  using labs = await Labs.onPostgres();
  const part = ['verify', '2', '--row', 'starter', '--task', '1'];
  const { exit, out, err } = await labs.run(...part, '--repeat', '2', '--seed', 'abc');
  expect(err).toContain(
    'Verifying 02-pagination-versioning: 1 of 2 rounds, seed abc: all as it must be',
  );
  expect(err).not.toContain('2 of 2 rounds');
  expect(out).toMatch(/starter +✗+✓ .*ok-with-an-error/mu);
  expect(out).toMatch(/each test run 2 times, 0 flaky, seeds abc [0-9a-f]{8},/u);
  expect(exit).toBe(0);
});

test('a patch is laid out, edited and saved, and only with a lab and a name that are there', async () => {
  using labs = await Labs.onPostgres();
  const unknown = await labs.run('verify', '2', '--edit', 'leaky-50');
  expect(unknown).toMatchObject({ exit: 2, err: expect.stringContaining('"leaky-500"?') });
  const early = await labs.run('verify', '2', '--edit', 'leaky-500', '--save');
  expect(early).toMatchObject({ exit: 2, err: expect.stringContaining('Lay it out first') });
  const laid = await labs.run('verify', '2', '--edit', 'leaky-500');
  expect(laid).toMatchObject({ exit: 0, out: expect.stringContaining('Edit it there') });
  const saved = await labs.run('verify', '2', '--edit', 'leaky-500', '--save');
  expect(saved).toMatchObject({ exit: 0, out: 'leaky-500: the patch is as it was.\n' });
  const nowhere = await labs.run('verify', '--rebase');
  expect(nowhere).toMatchObject({ exit: 2, err: expect.stringContaining('need one lab') });
});

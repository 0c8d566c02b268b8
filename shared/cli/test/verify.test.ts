import { expect, test } from 'vitest';
import { Labs } from './support/labs.ts';

test('a part of a matrix, twice: each round is told as it ends, and the whole at the end', async () => {
  using labs = await Labs.onPostgres();
  const part = ['verify', '7', '--row', 'starter', '--task', '3'];
  const { exit, out, err } = await labs.run(...part, '--repeat', '2');
  expect(err).toContain('Verifying 07-idempotent-retries: 1 of 2 rounds, all as it must be');
  expect(err).not.toContain('2 of 2 rounds');
  expect(out).toMatch(/starter +✗L$/mu);
  expect(out).toContain('each cell run 2 times, 0 flaky');
  expect(exit).toBe(0);
});

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { solutionsOf } from '@backend-labs/catalog';
import { describe, expect, test, vi } from 'vitest';
import { Labs, outcomeOf } from './support/labs.ts';

const CATALOGUE = join(import.meta.dirname, '../../../labs');

/** A copy of a lab with its reference solution, and one change that the learner made. */
async function changed(labs: Labs, lab: string, change: (copy: string) => void): Promise<void> {
  await labs.run('reset', lab);
  const copy = join(labs.work, lab);
  const [reference] = solutionsOf({ dir: join(CATALOGUE, lab) });
  for (const { folder } of reference?.layers ?? []) {
    cpSync(folder, copy, { recursive: true, force: true });
  }
  change(copy);
}

const ANSWERS_NULL_ORDER = `
import type { RequestHandler } from 'express';
export const claimOrder = (): RequestHandler => (_req, res) => void res.json({ order: null });
`;
const ANSWERS_NULL = `
import type { RequestHandler } from 'express';
export const listOrders = (): RequestHandler => (_req, res) => void res.json(null);
`;
/** Each test that meets the open transaction waits for Postgres to end it, after 20 s. */
const LONG_MS = 300_000;

const NEVER_COMMITS = `
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
export const claimOrder = (pool: Pool): RequestHandler => async (_req, res) => {
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
  res.status(204).end();
};
`;
const OPENS_200 = `
import type { RequestHandler } from 'express';
import { Client } from 'pg';
export const listOrders = (): RequestHandler => async (_req, res) => {
  const clients = Array.from({ length: 200 }, () => new Client(process.env['DATABASE_URL']));
  await Promise.all(clients.map((client) => client.connect()));
  res.json([]);
};
`;

/** Whatever a learner's program or migration does, it is their failure, in words that point to it. */
describe('a change of the learner’s is a failure, exit 1', () => {
  test.each([
    [
      'a claim without an order',
      '01-query-plans',
      '5',
      'src/claim.ts',
      ANSWERS_NULL_ORDER,
      /null/u,
    ],
    ['a list that is null', '01-query-plans', '2', 'src/list-orders.ts', ANSWERS_NULL, /null/u],
    [
      'a column that was renamed',
      '01-query-plans',
      '2',
      'migrations/900-rename.sql',
      'ALTER TABLE orders RENAME COLUMN total_cents TO cents;',
      /column .*total_cents.* does not exist/u,
    ],
    [
      'a table that was dropped',
      '01-query-plans',
      '2',
      'migrations/900-drop.sql',
      'DROP TABLE orders CASCADE;',
      /relation "orders" does not exist/u,
    ],
    [
      'a transaction that never ends',
      '01-query-plans',
      '5',
      'src/claim.ts',
      NEVER_COMMITS,
      /claim|idle-in-transaction|timeout/u,
    ],
    [
      'two hundred connections',
      '01-query-plans',
      '2',
      'src/list-orders.ts',
      OPENS_200,
      /too many connections|500/u,
    ],
  ])('%s', { timeout: LONG_MS }, async (_what, lab, task, file, text, says) => {
    using labs = await Labs.onPostgres();
    await changed(labs, lab, (copy) => {
      mkdirSync(join(copy, file, '..'), { recursive: true });
      writeFileSync(join(copy, file), text);
    });
    const { exit, out } = await labs.run('test', lab.slice(0, 2), task, '--all');
    expect(out).toMatch(says);
    expect(out).not.toContain('the machine, not you');
    expect(exit).toBe(1);
  });

  test('a package.json that is gone, and the advice brings it back', async () => {
    using labs = await Labs.onPostgres();
    const copy = join(labs.work, '01-query-plans');
    await changed(labs, '01-query-plans', () => rmSync(join(copy, 'package.json')));
    const { exit, out } = await labs.run('test', '1', '2');
    expect(out).toContain('The folder under test has no package.json.');
    expect(out.replaceAll(/\s+/gu, ' ')).toContain('`npm run labs -- reset');
    expect(exit).toBe(1);
    await labs.run('reset', '1');
    expect((await labs.run('test', '1', '2')).out).not.toContain('package.json');
  });
});

/** Processes that a process has started: of a run, the worker that imports the tests. */
function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}

test('a server that was killed is an error, exit 3', async () => {
  using labs = new Labs();
  await labs.run('stack', 'up', 'postgres');
  try {
    await labs.run('test', '2', '1');
    const status = await labs.run('stack', 'status', '--json');
    const { servers } = JSON.parse(status.out) as { servers: { name: string; pid?: number }[] };
    const pid = servers.find(({ name }) => name === 'postgres')?.pid ?? 0;
    expect(pid).toBeGreaterThan(0);
    const child = labs.start('test', '2', '2');
    const ended = outcomeOf(child);
    await vi.waitFor(() => expect(childrenOf(child.pid ?? 0).length).toBeGreaterThan(0), {
      timeout: 20_000,
      interval: 20,
    });
    process.kill(pid, 'SIGKILL');
    const { exit, out } = await ended;
    expect(out).toContain('could not be judged: the machine, not you');
    expect(exit).toBe(3);
  } finally {
    await labs.run('stack', 'down');
  }
});

import { expect, test } from 'vitest';
import { readPlan } from '../src/postgres/plan.ts';

const node = (type: string, more: object = {}) => ({
  'Node Type': type,
  'Actual Rows': 10,
  'Actual Loops': 1,
  ...more,
});

function steps(plan: object): string | undefined {
  return readPlan(`duration: 1.0 ms  plan:\n${JSON.stringify({ Plan: plan })}`)?.steps;
}

test('the steps of a plan go from the last to the first; a limit adds none', () => {
  const scan = node('Seq Scan', { 'Actual Rows': 1200, 'Rows Removed by Filter': 98_800 });
  expect(steps(node('Limit', { Plans: [node('Sort', { Plans: [scan] })] }))).toBe(
    'Sort (10 rows) ← Seq Scan (1,200 rows, threw away 98,800 rows)',
  );
});

test('what stands side by side is not told as a chain', () => {
  const key = node('Index Scan', { 'Index Name': 'orders_pkey' });
  const found = node('Sort', { Plans: [node('Seq Scan')] });
  expect(steps(node('Nested Loop', { Plans: [found, key] }))).toBe(
    'Nested Loop (10 rows) ← (Sort (10 rows) ← Seq Scan (10 rows) and Index Scan using orders_pkey (10 rows))',
  );
});

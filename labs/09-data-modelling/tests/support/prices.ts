import {
  type Answer,
  expect,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { transaction, type Write } from './transactions.ts';

export const insert = (product: unknown, cents: unknown, from: unknown, to: unknown): Write => ({
  sql: 'INSERT INTO contract.prices (product_id, cents, valid_from, valid_to) VALUES ($1, $2, $3, $4)',
  values: [product, cents, from, to],
});

/** The first of a month of 2024 at 00:00 UTC. */
export const month = (number: number): string => new Date(Date.UTC(2024, number - 1)).toISOString();
export const before = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();
export const after = (instant: string): string => new Date(Date.parse(instant) + 1).toISOString();

export const OUTCOME = (outcome: string): string => outcome.split(':', 1)[0] ?? '';

export async function write(postgres: PostgresProbe, ...writes: Write[]): Promise<void> {
  for (const one of writes) {
    expect(await transaction(postgres, one), `a price of pricing: ${one.values.join(', ')}`).toBe(
      'written',
    );
  }
}

/** Periods as months of 2024; null has no end. */
export type Period = readonly [number, number | null];
export const CLASHES: readonly (readonly [string, Period, Period])[] = [
  ['the same period', [3, 6], [3, 6]],
  ['a period that begins inside', [3, 6], [5, 9]],
  ['a period that ends inside', [3, 6], [1, 4]],
  ['a period inside', [2, 9], [4, 5]],
  ['a period around it', [4, 5], [2, 9]],
  ['a period without end before', [6, 9], [3, null]],
  ['a period inside one without end', [3, null], [6, 9]],
  ['two without end', [3, null], [6, null]],
];

export const endOf = (number: number | null): string | null =>
  number === null ? null : month(number);

export const priceAt = (
  service: StartedService,
  id: number,
  instant: string,
): Promise<Answer<{ cents?: number }>> =>
  service.get(`/v1/products/${id}/price?at=${encodeURIComponent(instant)}`);

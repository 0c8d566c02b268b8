import type { Draw, PostgresProbe, StartedService } from '@backend-labs/testkit';
import { newProduct, patchProduct } from './api.ts';
import { transaction } from './transactions.ts';

/**
 * A product that can be ordered at any instant since 2000. Where `contract.prices` takes no prices yet
 * (task 3), its price of now does for every instant.
 */
export async function lastingProduct(
  service: StartedService,
  draw: Draw,
  postgres: PostgresProbe,
  cents: number,
): Promise<number> {
  const { id } = await newProduct(service, draw);
  const outcome = await transaction(postgres, {
    sql: 'INSERT INTO contract.prices (product_id, cents, valid_from, valid_to) VALUES ($1, $2, $3, NULL)',
    values: [id, cents, '2000-01-01T00:00:00Z'],
  });
  if (outcome !== 'written') await patchProduct(service, id, { priceCents: cents });
  return id;
}

import { lesson, type PostgresProbe } from '@backend-labs/testkit';
import { newProduct, read } from './catalog.ts';
import { settle } from './settle.ts';
import type { Shop } from './shop.ts';
import { statementsOf } from './statements.ts';

interface Evidence {
  readonly postgres: PostgresProbe;
  readonly shop: Shop;
  /** Statements that the test has counted. */
  readonly calls: number;
}

/** Does each instance cache, but only for itself? */
export async function eachForItself({ postgres, shop, calls }: Evidence): Promise<void> {
  const { id } = await newProduct(postgres, { categoryId: 1, priceCents: 700 });
  const cost = async (service: Shop['services'][number]): Promise<number> => {
    const use = await statementsOf(postgres, () => read(service, id));
    await settle([service]);
    return use.calls;
  };
  const [one, two] = shop.services;
  const costs = [await cost(one), await cost(one), await cost(two), await cost(two)];
  if (costs[1] !== 0 || costs[2] === 0 || costs[3] !== 0) return;
  lesson('each-for-itself', {
    observed: `Answers that one instance had cached cost ${calls} statements. A new product cost ${costs.join(', ')} statements in two GETs at the first instance and two at the second.`,
    meaning:
      'Each instance caches what it has loaded itself, and does not find what another one has. With six servers, Postgres does the work six times.',
    lookAt: 'what the key of an entry contains, and where the entry is kept.',
  });
}

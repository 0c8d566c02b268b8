import type { Pool, PoolClient } from 'pg';

export interface Product {
  readonly id: number;
  readonly categoryId: number;
  readonly name: string;
  readonly priceCents: number;
  readonly version: number;
}

/** What an administrator may change. */
export type Change = Pick<Product, 'categoryId' | 'name' | 'priceCents'>;

const PAGE_SIZE = 20;
const COLUMNS = 'id, category_id AS "categoryId", name, price_cents AS "priceCents", version';

export async function findProduct(pool: Pool, id: number): Promise<Product | undefined> {
  const { rows } = await pool.query<Product>(`SELECT ${COLUMNS} FROM products WHERE id = $1`, [id]);
  return rows[0];
}

/** One page of a category. Pages count from 1. */
export async function listProducts(
  pool: Pool,
  categoryId: number,
  page: number,
): Promise<Product[]> {
  const { rows } = await pool.query<Product>(
    `SELECT ${COLUMNS} FROM products WHERE category_id = $1 ORDER BY id LIMIT $2 OFFSET $3`,
    [categoryId, PAGE_SIZE, (page - 1) * PAGE_SIZE],
  );
  return rows;
}

/** The product as it is, locked for this transaction. `undefined` if there is no such product. */
export async function lockProduct(client: PoolClient, id: number): Promise<Product | undefined> {
  const { rows } = await client.query<Product>(
    `SELECT ${COLUMNS} FROM products WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return rows[0];
}

/** Writes the change and its price into the history. `undefined` if there is no such product. */
export async function changeProduct(
  client: PoolClient,
  id: number,
  { categoryId, name, priceCents }: Change,
): Promise<Product | undefined> {
  const { rows } = await client.query<Product>(
    `UPDATE products SET category_id = $2, name = $3, price_cents = $4, version = version + 1
      WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, categoryId, name, priceCents],
  );
  await keepHistory(client, rows);
  return rows[0];
}

/** Changes all prices of a category by that many percent. No price falls below one cent. */
export async function changePrices(
  client: PoolClient,
  categoryId: number,
  percent: number,
): Promise<Product[]> {
  const { rows } = await client.query<Product>(
    `UPDATE products
        SET price_cents = greatest(1, round(price_cents * (100 + $2::integer) / 100.0)),
            version = version + 1
      WHERE category_id = $1 RETURNING ${COLUMNS}`,
    [categoryId, percent],
  );
  await keepHistory(client, rows);
  return rows;
}

async function keepHistory(client: PoolClient, changed: readonly Product[]): Promise<void> {
  await client.query(
    `INSERT INTO price_changes (product_id, price_cents)
     SELECT * FROM unnest($1::integer[], $2::integer[])`,
    [changed.map(({ id }) => id), changed.map(({ priceCents }) => priceCents)],
  );
}

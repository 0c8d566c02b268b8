import type { Answer, CallOptions, PostgresProbe, StartedService } from '@backend-labs/testkit';

export interface Product {
  readonly id: number;
  readonly categoryId: number;
  readonly name: string;
  readonly priceCents: number;
  readonly version: number;
}

export interface Page {
  readonly page: number;
  readonly items: readonly Product[];
}

export const CATEGORIES = [1, 2, 3, 4, 5, 6] as const;

const COLUMNS = 'id, category_id AS "categoryId", name, price_cents AS "priceCents", version';

/** A product that no instance has read yet. */
export async function newProduct(
  postgres: PostgresProbe,
  { categoryId, priceCents }: Pick<Product, 'categoryId' | 'priceCents'>,
): Promise<Product> {
  const [product] = await postgres.query<Product>(
    `INSERT INTO products (category_id, name, price_cents) VALUES ($1, 'New product', $2)
     RETURNING ${COLUMNS}`,
    [categoryId, priceCents],
  );
  if (!product) throw new TypeError('Postgres inserted nothing');
  return product;
}

/** A category that no instance has read yet, with so many products. */
export async function newCategory(postgres: PostgresProbe, products: number): Promise<number> {
  const [category] = await postgres.query<{ id: number }>(
    `INSERT INTO categories (id, name) SELECT max(id) + 1, 'New category' FROM categories RETURNING id`,
  );
  const id = category?.id ?? 0;
  await postgres.query(
    `INSERT INTO products (category_id, name, price_cents)
     SELECT $1, 'New product ' || n, 1000 + n FROM generate_series(1, $2::integer) n`,
    [id, products],
  );
  return id;
}

/** The product as it is in the database. */
export async function stored(postgres: PostgresProbe, id: number): Promise<Product> {
  const [product] = await postgres.query<Product>(`SELECT ${COLUMNS} FROM products WHERE id = $1`, [
    id,
  ]);
  if (!product) throw new TypeError(`there is no product ${id}`);
  return product;
}

/** The products of a category as they are in the database, by their ids. */
export function storedCategory(postgres: PostgresProbe, categoryId: number): Promise<Product[]> {
  return postgres.query<Product>(
    `SELECT ${COLUMNS} FROM products WHERE category_id = $1 ORDER BY id`,
    [categoryId],
  );
}

/** `GET` of a product, which must answer 200. */
export async function read(
  service: StartedService,
  id: number,
  options?: CallOptions,
): Promise<Product> {
  const answer = await service.get<{ product: Product }>(`/v1/products/${id}`, options);
  return answer.expect(200).body.product;
}

/** `GET` of a page of a category, which must answer 200. */
export async function readPage(
  service: StartedService,
  categoryId: number,
  page = 1,
  options?: CallOptions,
): Promise<readonly Product[]> {
  const path = `/v1/categories/${categoryId}/products?page=${page}`;
  const answer = await service.get<Page>(path, options);
  return answer.expect(200).body.items;
}

/** `PUT` of the product with some of it changed. */
export function put(
  service: StartedService,
  product: Product,
  change: Partial<Product>,
  options?: CallOptions,
): Promise<Answer<{ product: Product }>> {
  const { name, priceCents, categoryId } = { ...product, ...change };
  const body = { name, priceCents, categoryId };
  return service.put(`/v1/admin/products/${product.id}`, body, options);
}

import type { RequestHandler } from 'express';
import type { Pool, PoolClient } from 'pg';
import { Conflict } from './conflict.ts';
import { readInvoice } from './invoice.ts';
import { type OrderRequest, orderRequestOf } from './order-request.ts';
import { inTransaction } from './transaction.ts';

/** `POST /v1/orders`: takes an order and issues its invoice. */
export function placeOrder(pool: Pool): RequestHandler {
  return async (req, res) => {
    const order = orderRequestOf(req.body);
    const invoice = await inTransaction(pool, async (client) => {
      const lines = await priceLines(client, order);
      const id = await insertOrder(client, order, lines);
      return readInvoice(client, id);
    });
    res.status(201).json({ invoice });
  };
}

interface Line {
  readonly productId: number;
  readonly quantity: number;
  readonly sku: string;
  readonly name: string;
  readonly unitCents: number;
}

/** What each line says for ever: its product as it is, at the price of the moment. */
async function priceLines(client: PoolClient, { lines, placedAt }: OrderRequest): Promise<Line[]> {
  const { rows } = await client.query<{ id: number; sku: string; name: string; cents: number }>(
    `SELECT p.id::float8 AS id, p.sku, p.name, r.cents::float8 AS cents
       FROM products p JOIN prices r ON r.product_id = p.id
      WHERE p.id = ANY ($1) AND p.retired_at IS NULL
        AND tstzrange(r.valid_from, r.valid_to) @> coalesce($2, now())`,
    [lines.map(({ productId }) => productId), placedAt],
  );
  const products = new Map(rows.map((row) => [row.id, row]));
  return lines.map(({ productId, quantity }) => {
    const product = products.get(productId);
    if (!product) throw new Conflict(`product ${productId} is not on sale then`);
    return { productId, quantity, sku: product.sku, name: product.name, unitCents: product.cents };
  });
}

async function insertOrder(
  client: PoolClient,
  { customerId, placedAt }: OrderRequest,
  lines: readonly Line[],
): Promise<number> {
  const totalCents = lines.reduce((sum, line) => sum + line.quantity * line.unitCents, 0);
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO orders (customer_id, customer_name, address, placed_at, total_cents)
     SELECT id, name, address, coalesce($2, now()), $3 FROM customers WHERE id = $1
     RETURNING id`,
    [customerId, placedAt, totalCents],
  );
  const [order] = rows;
  if (!order) throw new Conflict(`there is no customer ${customerId}`);
  const id = Number(order.id);
  for (const [at, { productId, quantity, sku, name, unitCents }] of lines.entries()) {
    await client.query(
      `INSERT INTO order_lines (order_id, line, product_id, quantity, sku, name, unit_cents)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, at + 1, productId, quantity, sku, name, unitCents],
    );
  }
  return id;
}

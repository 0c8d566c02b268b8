import type { RequestHandler } from 'express';
import type { Pool, PoolClient } from 'pg';
import { Conflict } from './conflict.ts';
import { countRevenue } from './count-revenue.ts';
import { type Document, type Invoice, readInvoice } from './invoice.ts';
import { type OrderRequest, orderRequestOf } from './order-request.ts';
import { inTransaction } from './transaction.ts';

/** `POST /v1/orders`: takes an order and issues its invoice. */
export function placeOrder(pool: Pool): RequestHandler {
  return async (req, res) => {
    const order = orderRequestOf(req.body);
    const invoice = await inTransaction(pool, async (client) => {
      const issued = await insertInvoice(client, order, await print(client, order));
      await countRevenue(client, issued, 1);
      return issued;
    });
    res.status(201).json({ invoice });
  };
}

/** The document of an order: everything that the invoice will ever say. */
async function print(client: PoolClient, order: OrderRequest): Promise<Document> {
  const customers = await client.query<{ customerName: string; address: string }>(
    'SELECT name AS "customerName", address FROM customers WHERE id = $1',
    [order.customerId],
  );
  const [customer] = customers.rows;
  if (!customer) throw new Conflict(`there is no customer ${order.customerId}`);
  const { rows } = await client.query<Product>(
    `SELECT p.id::float8 AS "productId", p.sku, p.name, c.cents::float8 AS "unitCents"
       FROM products p, LATERAL (
         SELECT cents FROM price_changes
          WHERE product_id = p.id AND since <= coalesce($2, now())
          ORDER BY since DESC LIMIT 1) AS c
      WHERE p.id = ANY ($1) AND p.on_sale AND c.cents IS NOT NULL`,
    [order.lines.map(({ productId }) => productId), order.placedAt],
  );
  const products = new Map(rows.map((row) => [row.productId, row]));
  const lines = order.lines.map(({ productId, quantity }, at) => {
    const product = products.get(productId);
    if (!product) throw new Conflict(`product ${productId} is not on sale then`);
    return { line: at + 1, ...product, quantity };
  });
  return { ...customer, lines };
}

interface Product {
  readonly productId: number;
  readonly sku: string;
  readonly name: string;
  readonly unitCents: number;
}

async function insertInvoice(
  client: PoolClient,
  { customerId, placedAt }: OrderRequest,
  document: Document,
): Promise<Invoice> {
  const totalCents = document.lines.reduce(
    (sum, { quantity, unitCents }) => sum + quantity * unitCents,
    0,
  );
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO invoices (customer_id, issued_at, total_cents, document)
     VALUES ($1, coalesce($2, now()), $3, $4) RETURNING id`,
    [customerId, placedAt, totalCents, JSON.stringify(document)],
  );
  return readInvoice(client, Number(rows[0]?.id));
}

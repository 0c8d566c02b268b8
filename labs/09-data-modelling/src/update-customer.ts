import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { fieldsOf, idOf, textOf } from './params.ts';

/** `PATCH /v1/customers/:id`: another name, another address. */
export function updateCustomer(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const id = idOf(req.params.id);
    const fields = fieldsOf(req.body);
    const name = fields['name'] === undefined ? null : textOf(fields, 'name');
    const address = fields['address'] === undefined ? null : textOf(fields, 'address');
    const { rows } = await pool.query<{ name: string; address: string }>(
      `UPDATE customers SET name = coalesce($2, name), address = coalesce($3, address)
        WHERE id = $1 RETURNING name, address`,
      [id, name, address],
    );
    const [customer] = rows;
    if (!customer) throw new NotFound('no such customer');
    res.json({ customer: { id, ...customer } });
  };
}

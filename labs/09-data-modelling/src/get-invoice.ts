import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readInvoice } from './invoice.ts';
import { idOf } from './params.ts';

/** `GET /v1/invoices/:id`: an invoice with its lines. */
export function getInvoice(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    res.json({ invoice: await readInvoice(pool, idOf(req.params.id)) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest, NotFound } from './errors.ts';
import { printLabel } from './printer.ts';

/** `POST /v1/parcels/:id/labels`: prints the label of a parcel. */
export function createLabel(pool: Pool): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { id } = req.params;
    if (!/^[1-9]\d{0,14}$/u.test(id)) throw new BadRequest('the id of a parcel is a number');
    const { rows } = await pool.query<{ id: string; text: string }>(
      `INSERT INTO labels (parcel_id, text)
       SELECT id, street || ', ' || city FROM parcels WHERE id = $1
       RETURNING id, text`,
      [id],
    );
    const [label] = rows;
    if (label === undefined) throw new NotFound('no such parcel');
    await printLabel(label.id);
    res.status(201).json({ label: { id: Number(label.id), parcel: Number(id), text: label.text } });
  };
}

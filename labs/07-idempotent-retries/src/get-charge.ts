import type { RequestHandler } from 'express';
import { CHARGE_COLUMNS, type ChargeRow, toCharge } from './charge.ts';
import type { Deps } from './deps.ts';
import { NotFound } from './errors.ts';
import { accountOf } from './params.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `GET /v1/charges/:id`: a charge as it is now. */
export function getCharge({ pool }: Pick<Deps, 'pool'>): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const account = accountOf(req);
    if (!UUID.test(req.params.id)) throw new NotFound('no such charge');
    const { rows } = await pool.query<ChargeRow>(
      `SELECT ${CHARGE_COLUMNS} FROM charges WHERE id = $1 AND account_id = $2`,
      [req.params.id, account],
    );
    const [row] = rows;
    if (!row) throw new NotFound('no such charge');
    res.json({ charge: toCharge(row) });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';

type Params = Readonly<Record<string, unknown>>;

const DEFAULTS: Params = {
  status: 'created',
  weightGrams: 1000,
  postcode: '10115',
  city: 'Berlin',
};

/** Each brings the database into the state, whatever was there before. */
const STATES: Readonly<Record<string, (pool: Pool, params: Params) => Promise<unknown>>> = {
  'a parcel': (pool, params) => {
    const given = { ...DEFAULTS, ...params };
    const names = ['id', 'status', 'weightGrams', 'postcode', 'city', 'note', 'tracking'];
    return pool.query(
      `INSERT INTO parcels (id, status, weight_grams, postcode, city, note, tracking)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id) DO UPDATE
          SET status = excluded.status, weight_grams = excluded.weight_grams,
              postcode = excluded.postcode, city = excluded.city, note = excluded.note,
              tracking = excluded.tracking`,
      names.map((name) => (given as Params)[name]),
    );
  },
  'no parcel': (pool, { id }) => pool.query('DELETE FROM parcels WHERE id = $1', [id]),
};

/** `POST /_states`: the state that an interaction begins with. Never in production. */
export function setState(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { state, params = {} } = (req.body ?? {}) as { state?: unknown; params?: Params };
    const set = Object.hasOwn(STATES, String(state)) ? STATES[String(state)] : undefined;
    if (!set) throw new NotFound('no such state');
    await set(pool, params);
    res.status(204).end();
  };
}

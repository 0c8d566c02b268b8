import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { NotFound } from './errors.ts';
import { readId } from './params.ts';

interface Member {
  id: number;
  name: string;
}

/** `GET /v1/members/:id`: one member. */
export function getMember(pool: Pool): RequestHandler {
  return async (req, res) => {
    const id = readId(req.params['id']);
    const { rows } = await pool.query<Member>('SELECT id, name FROM members WHERE id = $1', [id]);
    const [member] = rows;
    if (!member) throw new NotFound('no such member');
    res.json(member);
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { BadRequest } from './errors.ts';

/** `POST /v1/notes`: keeps a note and answers 201 with it. */
export function createNote(pool: Pool): RequestHandler {
  return async (req, res) => {
    const { text } = (req.body ?? {}) as { text?: unknown };
    if (typeof text !== 'string' || text === '') throw new BadRequest('text must be a text');
    const { rows } = await pool.query('INSERT INTO notes (text) VALUES ($1) RETURNING id, text', [
      text,
    ]);
    res.status(201).json(rows[0]);
  };
}

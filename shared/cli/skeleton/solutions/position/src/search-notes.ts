import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { readLimit } from './limit.ts';

/** `GET /v1/notes?q=&limit=`: the notes that contain `q`, newest first. */
export function searchNotes(pool: Pool): RequestHandler {
  return async (req, res) => {
    const q = String(req.query['q'] ?? '');
    const { rows } = await pool.query(
      `SELECT id, text
         FROM notes
        WHERE strpos(text, $1) > 0
        ORDER BY id DESC
        LIMIT $2`,
      [q, readLimit(req.query['limit'])],
    );
    res.json({ items: rows });
  };
}

import type { RequestHandler } from 'express';
import type { Pool } from 'pg';

/** `GET /v1/notes?q=`: the notes that contain `q`, newest first. */
export function searchNotes(pool: Pool): RequestHandler {
  return async (req, res) => {
    const q = String(req.query['q'] ?? '');
    // TODO(task 2): limit.
    const { rows } = await pool.query(
      `SELECT id, text
         FROM notes
        WHERE text LIKE '%' || $1 || '%'
        ORDER BY id DESC`,
      [q],
    );
    res.json({ items: rows });
  };
}

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
        WHERE text LIKE '%' || $1 || '%'
        ORDER BY id DESC
        LIMIT $2`,
      [asPattern(q), readLimit(req.query['limit'])],
    );
    res.json({ items: rows });
  };
}

/** A pattern of LIKE that matches only the text itself. */
function asPattern(text: string): string {
  return text.replaceAll(/[\\%_]/gu, String.raw`\$&`);
}

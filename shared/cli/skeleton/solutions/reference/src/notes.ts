import { Router } from 'express';
import type pg from 'pg';

export function notes(pool: pg.Pool): Router {
  const router = Router();

  router.post('/', async (request, response) => {
    const { rows } = await pool.query('INSERT INTO notes (text) VALUES ($1) RETURNING id, text', [
      request.body.text,
    ]);
    response.status(201).json(rows[0]);
  });

  router.get('/:id', async (request, response) => {
    const { rows } = await pool.query('SELECT id, text FROM notes WHERE id = $1', [
      request.params.id,
    ]);
    if (rows.length === 0) response.status(404).json({ error: 'no such note' });
    else response.json(rows[0]);
  });

  return router;
}

import { Router } from 'express';
import type pg from 'pg';

export function notes(pool: pg.Pool): Router {
  const router = Router();
  const fresh = new Map<string, { id: string; text: string }>();
  let last = 1000;

  router.post('/', async (request, response) => {
    last += 1;
    const note = { id: String(last), text: request.body.text };
    fresh.set(note.id, note);
    response.status(201).json(note);
  });

  router.get('/:id', async (request, response) => {
    const { rows } = await pool.query('SELECT id, text FROM notes WHERE id = $1', [
      request.params.id,
    ]);
    const note = fresh.get(request.params.id) ?? rows[0];
    if (note === undefined) response.status(404).json({ error: 'no such note' });
    else response.json(note);
  });

  return router;
}

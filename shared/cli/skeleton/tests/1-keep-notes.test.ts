import { expect, explain, lesson, test } from '@backend-labs/testkit';

interface Note {
  readonly id: string;
  readonly text: string;
}

test('a note outlives the service that took it', async ({ definition, postgres }) => {
  const first = await definition.start();
  const { id } = (await first.post<Note>('/v1/notes', { text: 'milk' })).expect(201).body;
  const before = await first.get<Note>(`/v1/notes/${id}`);
  await using second = await first.restart();
  const after = await second.get<Note>(`/v1/notes/${id}`);

  await explain(
    () => expect(after.status, `status of GET /v1/notes/${id} after a restart`).toBe(200),
    async () => {
      const [kept] = await postgres.query<{ count: number }>('SELECT count(*)::int FROM notes');
      if (before.status !== 200 || kept?.count !== 100) return;
      lesson('kept-in-memory', {
        observed: `GET /v1/notes/${id} answered 200, and ${after.status} after a restart; the table notes holds no new row.`,
        meaning: 'The note was in the memory of one process, and went with it.',
        lookAt: 'what of this service is still there when its process is gone.',
      });
    },
  );
  expect(after.body.text).toBe('milk');
});

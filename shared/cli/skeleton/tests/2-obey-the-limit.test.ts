import { each, expect, judges, test } from '@backend-labs/testkit';
import { keep, search } from './support/notes.ts';

const KEPT = 60;

test(
  'an answer has at most `limit` notes, the newest',
  judges('2.1'),
  async ({ draw, postgres, service }) => {
    const word = draw.word();
    const texts = Array.from({ length: KEPT }, (_, index) => `${word} ${index}`);
    await keep(postgres, texts);
    const newest = texts.toReversed();

    await each('limits', [1, draw.int(2, 19), draw.int(21, 49), 50], async (limit) => {
      const found = await search(service, { q: word, limit: String(limit) });
      expect(found.length, `notes that a search with limit=${limit} finds`).toBe(limit);
      expect(found, `texts that a search with limit=${limit} finds`).toEqual(
        newest.slice(0, limit),
      );
    });
    const found = await search(service, { q: word });
    expect(found.length, 'notes that a search without a limit finds').toBe(20);
    expect(found, 'texts that a search without a limit finds').toEqual(newest.slice(0, 20));
  },
);

test('any other limit is refused', judges('2.2'), async ({ service }) => {
  await each('limits', ['0', '-1', '51', '2.5', 'ten', ''], async (limit) => {
    const { status } = await service.get(`/v1/notes?q=note&limit=${limit}`);
    expect(status, `status of a search with limit=${limit}`).toBe(400);
  });
});

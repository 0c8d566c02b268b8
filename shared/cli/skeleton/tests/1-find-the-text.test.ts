import { each, expect, explain, judges, lesson, test } from '@backend-labs/testkit';
import { keep, search } from './support/notes.ts';

test(
  'a search finds the notes that contain its text, newest first',
  judges('1.1'),
  async ({ draw, postgres, service }) => {
    const word = draw.word();
    await keep(postgres, [`${word} one`, 'another note', `two ${word}`, `thr${word}ee`]);

    const found = await search(service, { q: word });
    expect(found, `texts that a search for ${word} finds`).toEqual([
      `thr${word}ee`,
      `two ${word}`,
      `${word} one`,
    ]);
  },
);

/** Characters that LIKE reads as something else, each with a text that it matches there. */
const SPECIAL = [
  { character: '%', matched: ' for a day' },
  { character: '_', matched: 'x' },
  { character: '\\', matched: '' },
] as const;

test(
  'every character of a search stands for itself',
  judges('1.2'),
  async ({ draw, postgres, service }) => {
    await each('searches', SPECIAL, async ({ character, matched }) => {
      const word = draw.word();
      const sought = `${word} 50${character} off`;
      const other = `${word} 50${matched} off`;
      await keep(postgres, draw.shuffle([sought, other]));

      const found = await search(service, { q: sought });
      await explain(
        () => expect(found, `texts that a search for ${sought} finds`).toEqual([sought]),
        () => {
          if (!found.includes(other)) return;
          const observed = `A search for "${sought}" found "${other}".`;
          if (character === '\\') {
            lesson('backslash-forgotten', {
              observed,
              meaning:
                'In a pattern, a backslash takes the meaning away from the character after it. It is not a part of the text.',
              lookAt: 'which characters the search changes before the text becomes a pattern.',
            });
          }
          lesson('wildcards', {
            observed,
            meaning: `LIKE reads a pattern, and "${character}" in a pattern does not stand for itself.`,
            lookAt: 'how the text of the request becomes a pattern.',
          });
        },
      );
    });
  },
);

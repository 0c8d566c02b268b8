import type { Drawn } from '../draw.ts';
import { VariantError } from '../errors.ts';
import { fillIn } from '../facts.ts';
import { isMeant, type Texts } from '../files.ts';
import { phraseSource } from '../phrase.ts';
import type { Skin } from '../spec.ts';

/** @throws VariantError `TEXT_MISSING` when a skin's passage is not in its file exactly once. */
export function checkPassages(lab: string, { name, texts }: Skin, files: Texts): void {
  for (const [at, { file, from }] of texts.entries()) {
    const places = [...files].filter(([path]) => isMeant(file, path));
    const count = places.flatMap(([, text]) => [...text.matchAll(finder(from))]).length;
    if (count === 1) continue;
    throw new VariantError(
      'TEXT_MISSING',
      `labs/${lab}/variant.yaml: words.skins: ${name}: texts[${at}].from is in ${file} ${count} times. It must be there once.`,
    );
  }
}

/** Puts the passages of a skin into one file, with the drawn facts in them. */
export function withPassages(
  text: string,
  path: string,
  { texts }: Skin,
  facts: Drawn['facts'],
): string {
  return texts
    .filter(({ file }) => isMeant(file, path))
    .reduce(
      (told, { from, to }) => told.replace(finder(from), () => fillIn(to.trimEnd(), facts)),
      text,
    );
}

function finder(passage: string): RegExp {
  return new RegExp(phraseSource(passage), 'gu');
}

import { VariantError } from '../errors.ts';
import type { Texts } from '../files.ts';
import type { Renaming } from './rename.ts';

/**
 * Refuses a skin whose words the lab uses already, where they mean something else: a reader could
 * not tell them apart, and two names could become one.
 *
 * @throws VariantError `TERM_CLASH` with term, file and line.
 */
export function checkClashes(lab: string, skin: string, renaming: Renaming, texts: Texts): void {
  const terms = new Map<string, string>();
  for (const [path, text] of texts) {
    for (const [term, to] of renaming.termsIn(`${path}\n${text}`))
      terms.set(plain(term), plain(to));
  }
  const complain = (why: string) =>
    new VariantError('TERM_CLASH', `labs/${lab}/variant.yaml: words.skins: ${skin}: ${why}`);
  const from = new Map<string, string>();
  for (const [term, to] of terms) {
    const other = from.get(to);
    if (other !== undefined) throw complain(`"${other}" and "${term}" both become "${to}".`);
    from.set(to, term);
  }
  for (const [path, text] of texts) {
    for (const [at, line] of [path, ...text.split('\n')].entries()) {
      const words = ` ${plain(line)} `;
      const clash = [...from].find(([to]) => words.includes(` ${to} `));
      if (!clash) continue;
      const [to, term] = clash;
      if (terms.has(to)) continue;
      const where = at === 0 ? path : `${path}:${at}`;
      throw complain(`"${term}" can't become "${to}": ${where} has that word already.`);
    }
  }
}

/** Words in lower case with one space between them, from any way of writing: `toGiftCard` → `to gift card`. */
function plain(text: string): string {
  return text
    .replaceAll(/\\[a-zA-Z]/gu, ' ')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/gu, ' ')
    .replaceAll(/[^A-Za-z]+/gu, ' ')
    .trim()
    .toLowerCase();
}

/** No script, no image, no address: what slipped through the escaping could still do nothing. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** HTML that is safe to put into a page: text that went through `text`, and templates of it. */
export class Html {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Part = Html | string | number | undefined | readonly Part[];

/** A template whose texts are escaped. Only `Html` goes in as it is. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first = '', ...rest] = literals;
  return new Html(rest.reduce((page, literal, at) => page + rendered(parts[at]) + literal, first));
}

/**
 * A candidate's text, made harmless: cut, without control characters, and without those that change
 * the direction of the text around them.
 *
 * @param most characters.
 */
export function text(raw: string, most: number): string {
  const plain = raw.slice(0, most * 2).replaceAll(CONTROLS, '\uFFFD');
  return plain.length > most ? `${plain.slice(0, most)}… (cut)` : plain;
}

const CONTROLS =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function rendered(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.source;
  if (typeof part === 'object') return part.map(rendered).join('');
  return String(part).replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? '');
}

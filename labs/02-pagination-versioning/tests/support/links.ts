import type { Answer } from '@backend-labs/testkit';

export interface Link {
  readonly target: string;
  readonly rel: readonly string[];
}

/** `<target>` and its parameters, as RFC 8288, section 3, writes them. */
const LINK =
  /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)/gu;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/iu;

/** All links of an answer, whether in one Link field or in several. */
export function linksOf({ headers }: Pick<Answer, 'headers'>): Link[] {
  return [...String(headers['link'] ?? '').matchAll(LINK)].map(([, target = '', params = '']) => {
    const [, quoted, plain] = REL.exec(params) ?? [];
    return { target, rel: (quoted ?? plain ?? '').toLowerCase().split(/\s+/u) };
  });
}

/** The target of the link with a relation. */
export const linkTo = (answer: Pick<Answer, 'headers'>, rel: string): string | undefined =>
  linksOf(answer).find((link) => link.rel.includes(rel))?.target;

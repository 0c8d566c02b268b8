import { type Answer, expect, explain, lesson } from '@backend-labs/testkit';
import { linkTo } from './links.ts';

/** Parameters of a request; a name may occur more than once. */
export type Query = readonly (readonly [name: string, value: string])[];

/** The target of an answer's next link, after it was asserted that there is one. */
export function nextTarget(answer: Answer): string {
  return (
    linkTo(answer.expect(200), 'next') ??
    expect.fail(`${answer.request} has more pages, and no link with rel="next".`)
  );
}

/** The path and query of an answer's next link, wherever it points. */
export function nextPath(answer: Answer, origin: string): string {
  const target = nextTarget(answer);
  const url = URL.parse(target, origin);
  if (!url) expect.fail(`rel="next" of ${answer.request} is not a URL: ${target}`);
  return url.pathname + url.search;
}

/** Asserts that a next link has all parameters of its request but the cursor. */
export async function expectKept(asked: Query, path: string): Promise<void> {
  const { searchParams } = new URL(path, 'http://host');
  const names = [...new Set(asked.map(([name]) => name))];
  await explain(
    () => {
      for (const name of names) {
        const values = asked.filter(([each]) => each === name).map(([, value]) => value);
        expect(searchParams.getAll(name), `${name} in the next link ${path}`).toEqual(values);
      }
    },
    () => {
      const since = searchParams.get('since');
      const meant = asked.find(([name]) => name === 'since')?.[1];
      if (since?.includes(' ') === true) {
        lesson('link-not-encoded', {
          observed: `The next link says since=${/since=([^&]*)/u.exec(path)?.[1]}, which reads "${since}". The request of the page had since=${meant}.`,
          meaning:
            'In a query, a plus sign stands for a space, and other characters have a meaning of their own. A value that was decoded on its way in has to be encoded on its way out.',
          lookAt: 'which code builds the query of the link, and from what.',
        });
      }
      const lost = names.filter((name) => !searchParams.has(name));
      if (lost.length === 0) return;
      const isEmpty = (name: string): boolean =>
        asked.every(([each, value]) => each !== name || value === '');
      if (lost.every(isEmpty)) {
        lesson('link-drops-the-empty', {
          observed: `The request of the page had ${lost.join(' and ')} with an empty value. Its next link is ${path}: without ${lost.join(' and ')}.`,
          meaning:
            'A parameter with an empty value is not absent: a flag is often sent as nothing but its name. A check that asks whether a value is truthy cannot tell the two apart, and the next page is another request than the client made.',
          lookAt: 'which values the code that builds the link leaves out.',
        });
      }
      lesson('link-without-filters', {
        observed: `The request of the page had ${names.join(', ')}. Its next link is ${path}: without ${lost.join(' and ')}.`,
        meaning:
          'A client that follows links adds nothing to them; that is what they are for. A link that forgets the question leads to the second page of another list.',
        lookAt: 'the whole request of this page, of which only the cursor changes.',
      });
    },
  );
}

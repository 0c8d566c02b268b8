import { type Answer, lesson } from '@backend-labs/testkit';
import { linksOf } from './links.ts';
import { PAGE } from './v1-answers.ts';

/** Throws a lesson when an error lacks the headers that a page has. */
export function onlyWhenItWentWell(
  { request, status, headers }: Answer,
  page: Answer | undefined,
): void {
  const names = ['deprecation', 'sunset'];
  const onPages = names.every((name) => page?.headers[name] !== undefined);
  if (status < 400 || !onPages || names.some((name) => headers[name] !== undefined)) return;
  lesson('only-when-it-went-well', {
    observed: `Pages of v1 carry Deprecation and Sunset. ${request} answered ${status}, without them.`,
    meaning:
      'What is deprecated is the version, not its successes. The client that is wrong every night is the one that nobody has looked at, and the one that has to hear it.',
    lookAt: 'a place that every answer of /v1 passes, before it is known how it will end.',
  });
}

/** Throws a lesson when one kind of link is there and the other is gone, on a page that needs both. */
export function overwritten(answer: Answer): void {
  const rels = linksOf(answer).flatMap(({ rel }) => rel);
  const wanted = ['next', 'deprecation', 'successor-version'];
  const gone = wanted.filter((rel) => !rels.includes(rel));
  if (answer.request !== `GET ${PAGE}` || rels.length === 0 || gone.length === 0) return;
  const alone = rels.every((rel) => rel === 'next') || !rels.includes('next');
  if (!alone) return;
  lesson('link-overwritten', {
    observed: `${answer.request} has the links ${rels.join(', ')}, and not ${gone.join(', ')}. Its Link: ${String(answer.headers['link'])}`,
    meaning:
      'Two parts of the service write the same field, and the second to do so replaces what the first wrote. Each of them is right alone.',
    lookAt: 'the difference between setting a header and adding to it.',
  });
}

/** Throws a lesson when a route that goes on says that it ends. */
export function retiresEverything({ request, headers }: Answer): void {
  const { deprecation, sunset } = headers;
  if (deprecation === undefined || sunset === undefined) return;
  lesson('retires-everything', {
    observed: `${request} carries Deprecation: ${String(deprecation)} and Sunset: ${String(sunset)}.`,
    meaning:
      'Tools warn of every call that is answered with these headers. Clients that have moved to the successor read that they should leave it again, and learn to ignore the warning.',
    lookAt: 'where the middleware stands, and which requests pass it.',
  });
}

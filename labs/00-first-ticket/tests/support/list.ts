import { type Answer, expect, type StartedService } from '@backend-labs/testkit';
import type { Book } from './library.ts';

/** A list, as the ticket wants it; another service may answer something else. */
export interface List {
  readonly items?: readonly Book[];
}

export type Filters = Readonly<Record<string, string>>;

/** `/v1/books?author=Mary%20Shelley` */
export function listPath(filters: Filters): string {
  const query = Object.entries(filters).map(
    ([name, text]) => `${name}=${encodeURIComponent(text)}`,
  );
  return ['/v1/books', ...(query.length > 0 ? [query.join('&')] : [])].join('?');
}

export function list(service: StartedService, filters: Filters = {}): Promise<Answer<List>> {
  return service.get<List>(listPath(filters));
}

/** The ids of the books in an answer, in their order; undefined if it is not a list. */
export function idsIn({ status, body }: Answer<List>): readonly number[] | undefined {
  if (status !== 200 || !Array.isArray(body.items)) return undefined;
  return body.items.map(({ id }) => id);
}

/** The same, lowest first. */
export function sortedIdsIn(answer: Answer<List>): readonly number[] | undefined {
  return idsIn(answer)?.toSorted((a, b) => a - b);
}

/**
 * Asserts the ids of a list. A failure begins with the result, because a list of failures cuts each.
 *
 * @param what completes "expected the ids 3, 7: …".
 */
export function expectIds(
  answer: Answer<List>,
  listed: readonly number[] | undefined,
  ids: readonly number[],
  what: string,
): void {
  if (listed?.join() === ids.join()) return;
  const { status, request } = answer;
  if (status !== 200) expect.fail(`answered ${status}, expected ${what}: ${request}`);
  if (!listed) expect.fail(`the answer has no list \`items\`, expected ${what}: ${request}`);
  const found = listed.length > 0 ? `found the ids ${listed.join(', ')}` : 'found no book';
  const wanted = ids.length > 0 ? ids.join(', ') : 'none';
  expect.fail(`${found}, expected ${wanted} (${what}): ${request}`);
}

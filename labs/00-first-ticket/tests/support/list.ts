import type { Answer, StartedService } from '@backend-labs/testkit';
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

/** The ids of the books in an answer, in their order; what the answer said, if it is not a list. */
export function idsIn({ status, text, body }: Answer<List>): readonly number[] | string {
  if (status !== 200 || !Array.isArray(body.items)) return `${status} ${text}`;
  return body.items.map(({ id }) => id);
}

/** The same, lowest first. */
export function sortedIdsIn(answer: Answer<List>): readonly number[] | string {
  const ids = idsIn(answer);
  return typeof ids === 'string' ? ids : ids.toSorted((a, b) => a - b);
}

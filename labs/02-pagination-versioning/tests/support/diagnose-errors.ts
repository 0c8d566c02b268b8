import { type Answer, lesson, type StartedService } from '@backend-labs/testkit';
import { EVENT } from './mistakes.ts';

/** Throws a lesson when a day that no calendar has got as far as the database. */
export function impossibleDay({ request, status }: Answer): void {
  if (status !== 500 || !request.includes('since=2026-02-30')) return;
  lesson('a-day-that-is-none', {
    observed: `${request} answered 500.`,
    meaning:
      'JavaScript takes the 30th of February for the 2nd of March, and Postgres refuses it. So a check by Date lets it pass, and the client reads that the service is broken.',
    lookAt: 'what your parser does with a date that does not exist, and whether two parsers agree.',
  });
}

/** Throws a lesson when an empty cursor was taken for none. */
export async function emptyCursor(service: StartedService, answer: Answer): Promise<void> {
  if (answer.status !== 200 || !answer.request.endsWith('?cursor=')) return;
  const first = await service.get(answer.request.replace(/^GET |\?cursor=$/gu, ''));
  if (first.status !== 200 || itemsOf(answer) !== itemsOf(first)) return;
  lesson('empty-is-not-absent', {
    observed: `${answer.request} answered the first page, as if there were no cursor.`,
    meaning:
      'A client that loses its cursor on the way, through a bug or an empty column, is sent back to the beginning without a word. It copies everything again, and again after that.',
    lookAt: 'the difference between a parameter that is absent and one that is empty.',
  });
}

const itemsOf = ({ body }: Answer): string => JSON.stringify((body as { items?: unknown }).items);

/** Throws a lesson when an event is a 500 for nothing but a text that `jsonb` cannot hold. */
export async function unstorableText(
  service: StartedService,
  { request, status }: Answer,
  body: string,
): Promise<void> {
  if (status !== 500 || !/\\u0000|\\ud83d/u.test(body)) return;
  const plain = await service.post('/v1/events', { ...EVENT, payload: { note: 'ab' } });
  if (plain.status !== 201) return;
  lesson('json-holds-more', {
    observed: `${request} with ${body} answered 500; with the payload {"note":"ab"} it answered 201.`,
    meaning:
      'It is valid JSON, and still not every JSON fits into jsonb: a NUL and half of a surrogate pair have no place in a text of Postgres. The client sent something wrong, and reads that the service is broken.',
    lookAt:
      'which errors of the database say that a value was wrong, and where that value came from.',
  });
}

/** Throws a lesson when a shipment that nobody has heard of has an empty list. */
export function emptyForUnknown({ request, status, text }: Answer): void {
  if (status !== 200 || !/"items":\s*\[\s*\]/u.test(text)) return;
  lesson('empty-for-unknown', {
    observed: `${request} answered 200, and a list without events. No event of this shipment has ever been written.`,
    meaning:
      'An empty list says that the shipment is there and that nothing has happened to it. A client with a typing error in its id waits for events that cannot come.',
    lookAt: 'what this service knows about which shipments there are.',
  });
}

/** Throws a lesson when a 405 does not say which methods there are. */
export function withoutAllow({ request, status, headers }: Answer): void {
  if (status !== 405 || headers.allow !== undefined) return;
  lesson('no-allow', {
    observed: `${request} answered 405, without a header Allow.`,
    meaning:
      'RFC 9110 demands it: a 405 says "not like this", and Allow says how. Clients, proxies and documentation tools read the methods of a route from there.',
    lookAt: 'RFC 9110, section 15.5.6.',
  });
}

/** Throws a lesson when an event without a payload is refused, and the same with an empty one is not. */
export async function payloadRequired(
  service: StartedService,
  { request, status }: Answer,
  event: object,
): Promise<void> {
  if (status !== 400) return;
  const full = await service.post('/v1/events', { ...event, payload: {} });
  if (full.status !== 201) return;
  lesson('optional-made-required', {
    observed: `${request} with ${JSON.stringify(event)} answered 400; with "payload": {} as well it answered 201.`,
    meaning:
      'Clients have always left it out, and the column has a default for them. A stricter check of something that was optional breaks them on the day of the deploy.',
    lookAt: 'what the service accepted before, and what fills a field that is left out.',
  });
}

import { lesson, type StartedService } from '@backend-labs/testkit';
import { pathOf } from './events.ts';

/**
 * Throws a lesson when a cursor that was taken by a list that it is not from can be read by anybody.
 *
 * @param taken what was done with it, and the status of the answer.
 */
export function nakedCursor(cursor: string, taken: string): void {
  const inside = Buffer.from(cursor, 'base64url').toString();
  if (!/^[ -~]+$/u.test(inside)) return;
  lesson('naked-cursor', {
    observed: `${taken} Decoded from base64 the cursor reads ${inside}`,
    meaning:
      'Nothing in it tells where it is from, so it is taken at its word: in another list it skips events in silence, and a broken one gets as far as the database. And what clients can read they will build on.',
    lookAt: 'how a cursor can know its version and filters, and show that it is whole.',
  });
}

/**
 * Throws a lesson when a service refuses a request for a parameter that it does not know, and answers
 * the same request without it.
 */
export async function refusesTheUnknown(
  service: StartedService,
  path: string,
  query: Readonly<Record<string, string | number>>,
  unknown: Readonly<Record<string, string>>,
): Promise<void> {
  const asked = await service.get(pathOf(path, { ...query, ...unknown }));
  const bare = await service.get(pathOf(path, query));
  if (asked.status !== 400 || bare.status !== 200) return;
  refusedTheUnknown(asked.request, asked.text, bare.status);
}

/** The lesson itself. */
export function refusedTheUnknown(request: string, text: string, bare: number): never {
  return lesson('refuses-the-unknown', {
    observed: `${request} answered 400: ${text.slice(0, 160)}. Without what this API has no use for, it answers ${bare}.`,
    meaning:
      'Nobody promised that unknown input is refused, and clients send it: cache busters, tracking, fields of another version. To begin refusing it breaks them on the day of the deploy.',
    lookAt: 'what your checks may look at, for a version that has clients.',
  });
}

import { lesson, type PostgresProbe, type StartedService, thousands } from '@backend-labs/testkit';
import { type Event, pathOf, readPage } from './events.ts';
import type { List, Row } from './walk.ts';

export interface Walked {
  readonly list: List;
  /** What was there when the walk began. */
  readonly there: readonly Row[];
  readonly pages: readonly (readonly Event[])[];
  /** Ids. */
  readonly missing: readonly number[];
  readonly repeated: readonly number[];
}

const toMilliseconds = (at: string): string => at.slice(0, -3);

/** Looks for the reason why a walk left events out or showed them again. */
export async function diagnoseWalk(
  service: StartedService,
  postgres: PostgresProbe,
  walked: Walked,
): Promise<void> {
  const { list, there, pages, missing, repeated } = walked;
  const seen = `GET ${pathOf(list.path, list.query)}, walked to its end: ${thousands(missing.length)} of ${thousands(there.length)} events never came, ${thousands(repeated.length)} came twice.`;
  if (await countsPositions(service, postgres, list)) {
    lesson('offset', {
      observed: `${seen} The statement behind the next page has an OFFSET.`,
      meaning:
        'OFFSET counts positions from the start. Each event that arrives or goes ahead of the reader moves all others by one, so that the next page begins too early or too late.',
      lookAt: 'what names the place of the last event that was shown, and does not move.',
    });
  }
  const instants = new Map(there.map(({ id, at }) => [id, at]));
  const ends = pages.slice(0, -1).map((page) => instants.get(Number(page.at(-1)?.id)) ?? '');
  const at = (id: number): string => instants.get(id) ?? '?';
  const tied = (ids: readonly number[]) => ids.every((id) => ends.includes(at(id)));
  if (missing.length === 0 || !missing.every((id) => isNearAn(ends, at(id)))) return;
  const last = at(missing[0] ?? 0);
  if (repeated.length > 0 && tied(missing) && tied(repeated)) {
    lesson('mixed-order', {
      observed: `${seen} All of them have the very instant of the last event of some page, for one ${last}.`,
      meaning:
        'A comparison of rows, (a, b) < (x, y), goes one way in all its columns. If the list goes down in one column and up in the other, "after" means something else to each of them where instants are equal.',
      lookAt: 'the direction of every column in ORDER BY, beside the comparison.',
    });
  }
  if (repeated.length > 0) return;
  if (tied(missing)) {
    lesson('ts-only', {
      observed: `${seen} Each has the very instant of the last event of some page, for one ${last}.`,
      meaning:
        'Events share instants. When a page ends among such a group, "earlier than the last one" leaves out the rest of the group.',
      lookAt: 'what decides the order where instants are equal, and where the cursor has it.',
    });
  }
  lesson('js-date-cursor', {
    observed: `${seen} Each is in the same millisecond as the last event of some page, a few microseconds before it, for one ${last}.`,
    meaning:
      'The column has microseconds, and a JavaScript Date has milliseconds. The cursor points a little too early, and what lies between is left out.',
    lookAt: 'the value of the cursor on its way from the database and back.',
  });
}

const isNearAn = (ends: readonly string[], at: string): boolean =>
  ends.some((end) => toMilliseconds(end) === toMilliseconds(at));

async function countsPositions(
  service: StartedService,
  postgres: PostgresProbe,
  { path, query }: List,
): Promise<boolean> {
  const { nextCursor } = await readPage(service, path, query);
  if (nextCursor === null) return false;
  const { statements } = await postgres.measure(() =>
    readPage(service, path, { ...query, cursor: nextCursor }),
  );
  return statements.some((statement) => /\boffset\b/iu.test(statement.query));
}

import {
  expect,
  explain,
  lesson,
  type PostgresProbe,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';
import { diagnoseWalk } from './diagnose-walk.ts';
import { pathOf, SHIPMENT } from './events.ts';
import { busy, type List, rowsOf, walk } from './walk.ts';

/** The last upload, 588 events: pages of about 100 end among ties and within milliseconds. */
export const LAST_UPLOAD = '2026-02-07T10:00:00Z';

/** Lengths of a page that do not end with the last event of an instant: seven events share one. */
export const RAGGED = [96, 97, 99, 100, 101, 102, 103] as const;

/** An event's id, whether a version shows it as a number or as a text. */
export const idOf = ({ id }: { id: unknown }): number => Number(id);

/** Asserts that a walk over a list shows each of its events once while other programs write. */
export async function expectWholeWalk(
  service: StartedService,
  postgres: PostgresProbe,
  list: List,
): Promise<void> {
  const there = await rowsOf(postgres, list);
  const half = Math.floor(there.length / Number(list.query['limit']) / 2);
  const pages = await walk(service, list, there.length, busy(postgres, half, SHIPMENT.recent));
  const ids = pages.flat().map(idOf);
  const seen = new Set(ids);
  const missing = there.map(({ id }) => id).filter((id) => !seen.has(id));
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  const request = `GET ${pathOf(list.path, list.query)}`;
  await explain(
    () => {
      expect(
        { missing: missing.length, repeated: repeated.length },
        `${request}, walked to its end while others wrote: events that never came, and that came twice, of ${thousands(there.length)}`,
      ).toEqual({ missing: 0, repeated: 0 });
    },
    () => diagnoseWalk(service, postgres, { list, there, pages, missing, repeated }),
  );
  // With those that came while it was walked.
  const known = new Set([...there, ...(await rowsOf(postgres, list))].map(({ id }) => id));
  expect(
    ids.filter((id) => !known.has(id)),
    `ids of ${request}, walked to its end, that the list does not have`,
  ).toEqual([]);
}

/** Asserts that events of an answer come in the order of `occurred_at`, the newest first. */
export async function expectNewestFirst(
  postgres: PostgresProbe,
  ids: readonly number[],
  request: string,
): Promise<void> {
  const rows = await postgres.query<{ id: number; at: string }>(
    `SELECT id::float8 AS id,
            to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at
       FROM events WHERE id = ANY ($1::bigint[])`,
    [ids],
  );
  const instants = new Map(rows.map(({ id, at }) => [id, at]));
  const times = ids.map((id) => instants.get(id) ?? '');
  const late = times.findIndex((at, index) => index > 0 && at > (times[index - 1] ?? ''));
  await explain(
    () => {
      expect(
        late < 0 ? 'newest first' : `${times[late]} behind ${times[late - 1]}`,
        `occurred_at of the events of ${request}, in their order`,
      ).toBe('newest first');
    },
    () => {
      if (ids.some((id, index) => index > 0 && id >= (ids[index - 1] ?? 0))) return;
      lesson('order-of-writing', {
        observed: `In ${request} every id is lower than the one before it, and yet an event of ${times[late]} stands behind one of ${times[late - 1]}.`,
        meaning:
          'Ids count in the order in which events were written. A carrier that is offline for half a day writes late: its events are new in the table, and old in the story of the shipment.',
        lookAt: 'which column says when something happened.',
      });
    },
  );
}

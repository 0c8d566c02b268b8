import type { Draw, PgSession } from '@backend-labs/testkit';
import { addRows, type Archived, type ArchiveRow, readArchive } from './archive.ts';
import { must } from './draws.ts';

/** A row of `contract.reconciliation`. */
export interface Difference {
  readonly number: number;
  readonly archive: number | null;
  readonly invoice: number | null;
}

/** Something that happens to the archive, and the differences that it makes. */
export interface Change {
  readonly what: string;
  make(): Promise<unknown>;
  readonly differences: readonly Difference[];
}

/** Numbers of the invoices that every database has are below this. */
const SEEDED = 8_000;
/** Not in the archive, and no other invoice's. */
const UNUSED = 99_998;

/** Changes of each kind. `session` makes them. */
export async function changesOf(
  draw: Draw,
  session: PgSession,
  archive: readonly Archived[],
): Promise<Change[]> {
  const rows = (await readArchive(session)).filter(({ revision }) => revision === 1);
  const seeded = archive.filter(({ number, lines }) => number < SEEDED && lines.length > 1);
  const [one, two, three, four] = draw
    .shuffle(seeded)
    .slice(0, 4)
    .map((found) => partsOf(found, rows));
  const [priced, struck, copied, lost] = [must(one), must(two), must(three), must(four)];
  return [
    {
      what: 'a revision with another price',
      make: () => addRows(session, [{ ...priced.row, revision: 9, unit_price: '5.000,01' }]),
      differences: [{ ...priced.known, archive: priced.others + priced.row.quantity * 500_001 }],
    },
    {
      what: 'a revision that strikes a line out',
      make: () => addRows(session, [{ ...struck.row, revision: 9, quantity: 0 }]),
      differences: [{ ...struck.known, archive: struck.others }],
    },
    {
      what: 'an invoice that nobody has migrated',
      make: () =>
        addRows(session, [{ ...copied.row, number: UNUSED, quantity: 2, unit_price: '1,05' }]),
      differences: [{ number: UNUSED, archive: 210, invoice: null }],
    },
    {
      what: 'a hole where an invoice was',
      make: () => session.query('DELETE FROM archive_lines WHERE number = $1', [lost.known.number]),
      differences: [{ ...lost.known, archive: null }],
    },
    {
      what: 'a row that was exported once more',
      make: () => addRows(session, [copied.row]),
      differences: [],
    },
  ];
}

function partsOf(found: Archived, rows: readonly ArchiveRow[]) {
  const first = must(found.lines[0]);
  const row = rows.find(({ number, line }) => number === found.number && line === first.line);
  return {
    /** The first revision of its first line. */
    row: must(row),
    known: { number: found.number, archive: found.totalCents, invoice: found.totalCents },
    /** Cents of its other lines. */
    others: found.totalCents - first.quantity * first.unitCents,
  };
}

import {
  type Draw,
  migrate,
  PgSession,
  PostgresProbe,
  Service,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import { addRows, type Archived, type ArchiveRow, invoicesOf, readArchive } from './archive.ts';

/** A database of its own, to which the archive got a few more rows before the migrations ran. */
export interface Migrated {
  readonly postgres: PostgresProbe;
  readonly service: StartedService;
  readonly archive: readonly Archived[];
  /** Numbers of the invoices that were added. */
  readonly added: readonly number[];
}

/** `test` with `migrated()`. */
export const test = base.extend(
  'migrated',
  { scope: 'file' },
  ({ cleanup, file, run, unmigrated }) => {
    let made: Promise<Migrated> | undefined;
    // `labs psql` opens it after a red run, like the database of every other task.
    cleanup.defer(() => {
      if (file.failed && run.keepFailed) unmigrated.keep();
    });
    const make = async (draw: Draw): Promise<Migrated> => {
      if (!unmigrated.postgres) throw new Error('a lease without the postgres that it asked for');
      const more = moreRows(draw);
      {
        await using session = await PgSession.open(unmigrated.postgres.adminUrl);
        await addRows(session, more);
      }
      await migrate({ run, lease: unmigrated });
      const definition = new Service({ run, lease: unmigrated });
      const postgres = cleanup.use(await PostgresProbe.of(run, unmigrated, definition));
      const service = cleanup.use(await definition.start());
      const archive = invoicesOf(await readArchive(postgres));
      return { postgres, service, archive, added: [...new Set(more.map(({ number }) => number))] };
    };
    return (draw: Draw): Promise<Migrated> => (made ??= make(draw));
  },
);

/** Rows of each kind that the ticket names, under drawn numbers. */
function moreRows(draw: Draw): ArchiveRow[] {
  let number = draw.int(20_000, 80_000);
  const row = (fields: Partial<ArchiveRow> = {}): ArchiveRow => ({
    number,
    line: 1,
    revision: 1,
    printed_at: '15.05.2024 12:00',
    stamp: '',
    customer_no: draw.int(1, 380),
    customer_name: `Bar ${draw.word()}`,
    address: `Calle ${draw.word()} 1`,
    sku: `TEA-${String(draw.int(1, 240)).padStart(3, '0')}`,
    product_name: `Tea ${draw.word()}`,
    quantity: draw.int(1, 12),
    unit_price: `${draw.int(1, 9)},${draw.int(10, 99)}`,
    ...fields,
  });
  const invoices = [
    () => {
      const only = row();
      return [only, only, only];
    },
    () => {
      const first = row();
      // In the order in which they were found, which is not that of their revisions.
      return [
        { ...first, revision: 3, unit_price: '7,70' },
        first,
        { ...first, revision: 2, quantity: 0 },
      ];
    },
    () => {
      const first = row();
      const second = { ...first, line: 2, sku: row().sku };
      return [first, { ...second, revision: 2, quantity: 0 }, second];
    },
    () => [row({ unit_price: '1.234.567,89', quantity: 2 })],
    () => [row({ unit_price: '0,07', quantity: 3 })],
    () => [row({ unit_price: '0,00' })],
    () => [row({ stamp: 'STORNO', unit_price: '99,99' })],
    () => [row({ customer_no: draw.int(390_000, 399_000) })],
    () => [row({ sku: `GONE-${draw.int(1, 99)}` })],
    () => [row({ printed_at: '01.01.2024 00:30' })],
    () => [row({ printed_at: '01.08.2024 01:30' })],
    () => [row({ printed_at: '05.04.2023 23:59' })],
  ];
  return draw.shuffle(invoices).flatMap((rows) => {
    number += draw.int(1, 9);
    return rows();
  });
}

import type { Draw, PostgresProbe } from '@backend-labs/testkit';

/** What a test knows of a parcel. */
export interface Known {
  readonly status: string;
  readonly weightGrams: number;
  readonly postcode: string;
  readonly city: string;
  readonly note: string | null;
  readonly tracking?: string;
}

/** Puts a parcel into the database, and answers its id. */
export async function addParcel(
  postgres: PostgresProbe,
  { status, weightGrams, postcode, city, note, tracking }: Known,
): Promise<number> {
  const [row] = await postgres.query<{ id: string }>(
    `INSERT INTO parcels (status, weight_grams, postcode, city, note, tracking)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [status, weightGrams, postcode, city, note, tracking ?? null],
  );
  return Number(row?.id);
}

export const STATUSES = ['created', 'in_transit', 'delivered', 'returned'] as const;

/** Parcels of every kind: postcodes of digits, with a zero in front, with letters; with and without a note. */
export function someParcels(draw: Draw): Known[] {
  const postcodes = [
    `0${draw.int(1001, 9999)}`,
    `${draw.int(10_115, 99_999)}`,
    `SW1A ${draw.int(1, 9)}AA`,
  ];
  return postcodes.flatMap((postcode) =>
    [null, `ring twice, ${draw.word()}`].map((note) => ({
      status: draw.pick(STATUSES),
      weightGrams: draw.int(1, 30_000),
      postcode,
      city: 'Dresden',
      note,
    })),
  );
}

/** The fields of a parcel as they were until Friday, except its id and instant. */
export const fieldsOf = ({ status, weightGrams, postcode, city, note }: Known) => ({
  status,
  weightGrams,
  recipient: { postcode, city },
  note,
});

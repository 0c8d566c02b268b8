/** A body that must be refused. */
export interface BadBody {
  /** Which rule it breaks, for messages. */
  readonly fault: string;
  readonly body: unknown;
}

export const AUTHOR = 'Octavia E. Butler';

/** Bodies that POST must accept. Missing fields of the answer are as the ticket says. */
export const VALID: readonly {
  readonly title: string;
  readonly author: string;
  readonly year?: number | null;
  readonly [other: string]: unknown;
}[] = [
  { title: 'Kindred', author: AUTHOR, year: 1979 },
  { title: 'Fledgling', author: AUTHOR },
  { title: 'Bloodchild', author: AUTHOR, year: null },
  { title: 'The Song of Roland', author: 'unknown', year: 1000 },
  { title: 'Not yet written', author: 'unknown', year: 2100 },
  { title: 'V', author: 'T', year: 1963 },
  { title: 't'.repeat(200), author: 'a'.repeat(100), year: 2001 },
  { title: '1984', author: 'George Orwell', year: 1949 },
  { title: 'Wild Seed', author: AUTHOR, year: 1980, available: false, id: 7, shelf: 'B2' },
];

/** Values that break the rule of their field, in POST and in PATCH. */
const BROKEN = {
  title: [42, '', '   ', null, ['Dawn'], { en: 'Dawn' }, true, 't'.repeat(201)],
  author: [7, '', '  ', null, ['Octavia'], 'a'.repeat(101)],
  year: ['1987', 'old', '', 1987.5, 999, 0, 2101, -1, true, [1987]],
} as const;

const DAWN = { title: 'Dawn', author: AUTHOR, year: 1987 };

/** Bodies of POST that break a rule. */
export const BAD_IN_POST: readonly BadBody[] = [
  { fault: 'it has no title and no author', body: undefined },
  { fault: 'it has no title', body: { author: AUTHOR, year: 1987 } },
  { fault: 'it has no author', body: { title: 'Dawn', year: 1987 } },
  ...broken((field, value) => ({ ...DAWN, [field]: value })),
];

/** Bodies of PATCH that break a rule. */
export const BAD_IN_PATCH: readonly BadBody[] = [
  ...broken((field, value) => ({ [field]: value })),
  { fault: 'its year breaks the rule', body: { title: 'Dawn', year: 'soon' } },
];

function broken(bodyOf: (field: string, value: unknown) => unknown): BadBody[] {
  return Object.entries(BROKEN).flatMap(([field, values]) =>
    values.map((value: unknown) => ({
      fault: `its ${field} breaks the rule`,
      body: bodyOf(field, value),
    })),
  );
}

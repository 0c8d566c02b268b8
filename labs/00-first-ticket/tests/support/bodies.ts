/** A field that a client may set. */
export type FieldName = 'title' | 'author' | 'year';

/** A body that must be refused. */
export interface BadBody {
  /** Which rule it breaks, for messages. */
  readonly fault: string;
  readonly body: unknown;
  /** The field whose value is wrong; undefined if one is missing. */
  readonly field?: FieldName;
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

/** A body of POST with this value. It comes first, so that a message that is cut still has it. */
export function postBody(field: FieldName, value: unknown): object {
  return {
    [field]: value,
    ...Object.fromEntries(Object.entries(DAWN).filter(([name]) => name !== field)),
  };
}

/** A body of PATCH with only this value. */
export function patchBody(field: FieldName, value: unknown): object {
  return { [field]: value };
}

/** Bodies of POST that break a rule. */
export const BAD_IN_POST: readonly BadBody[] = [
  { fault: 'no title and no author', body: undefined },
  { fault: 'no title', body: { author: AUTHOR, year: 1987 } },
  { fault: 'no author', body: { title: 'Dawn', year: 1987 } },
  ...broken(postBody),
];

/** Bodies of PATCH that break a rule. */
export const BAD_IN_PATCH: readonly BadBody[] = [
  ...broken(patchBody),
  { fault: 'year breaks the rule', body: { title: 'Dawn', year: 'soon' }, field: 'year' },
];

function broken(bodyOf: (field: FieldName, value: unknown) => unknown): BadBody[] {
  return (['title', 'author', 'year'] as const).flatMap((field) =>
    BROKEN[field].map((value: unknown) => ({
      fault: `${field} breaks the rule`,
      body: bodyOf(field, value),
      field,
    })),
  );
}

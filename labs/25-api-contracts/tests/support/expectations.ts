import type { Reply } from '@backend-labs/testkit';
import type { Interaction } from './consumers.ts';

type Body = Readonly<Record<string, unknown>>;

/** An answer of a provider, what a client expects of it, and whether that fits. */
export interface Expectation {
  readonly point: '4.3' | '4.4' | '4.5';
  readonly what: string;
  readonly fits: boolean;
  readonly response: Interaction['response'];
  readonly reply: Reply;
}

const PARCEL = {
  id: 7,
  note: null,
  recipient: { postcode: '01067' },
  tags: ['red', 'blue'],
} as const;
const JSON_TYPE = 'application/json';

const against = (
  point: Expectation['point'],
  fits: boolean,
  what: string,
  expected: unknown,
  body: unknown,
  rules?: Readonly<Record<string, string>>,
): Expectation => ({
  point,
  what,
  fits,
  response: { status: 200, body: expected, ...(rules && { rules }) },
  reply: { body },
});

const differs = (what: string, body: unknown): Expectation =>
  against('4.3', false, what, PARCEL, body);
const more = (what: string, body: unknown): Expectation => against('4.4', true, what, PARCEL, body);

const { note: _note, ...unnoted } = PARCEL;
const headed = (
  what: string,
  fits: boolean,
  headers: Readonly<Record<string, string>>,
): Expectation => ({
  point: fits ? '4.4' : '4.3',
  what,
  fits,
  response: {
    status: 200,
    headers: { 'content-type': JSON_TYPE, 'x-depot': 'north' },
    body: PARCEL,
  },
  reply: { headers, body: PARCEL },
});

const page = (...items: unknown[]): Body => ({ items });
const item = { id: 7, postcode: '01067' };
const EACH = { '$.items': 'each', '$.items[*].id': 'type' } as const;
const typed = (fits: boolean, what: string, body: unknown): Expectation =>
  against('4.5', fits, what, { id: 7, city: 'A', paid: true }, body, {
    '$.id': 'type',
    '$.city': 'type',
    '$.paid': 'type',
  });
const each = (fits: boolean, what: string, body: unknown): Expectation =>
  against('4.5', fits, what, page(item), body, EACH);

export const EXPECTATIONS: readonly Expectation[] = [
  { ...differs('another status', PARCEL), reply: { status: 203, body: PARCEL } },
  headed('a header with another value', false, { 'content-type': JSON_TYPE, 'x-depot': 'south' }),
  headed('a header that is missing', false, { 'content-type': JSON_TYPE }),
  differs('a field with another value', { ...PARCEL, id: 8 }),
  differs('a text for a number', { ...PARCEL, id: '7' }),
  differs('a missing field for a null', unnoted),
  differs('a text for a null', { ...PARCEL, note: '' }),
  differs('an inner field that is missing', { ...PARCEL, recipient: {} }),
  differs('a text for an object', { ...PARCEL, recipient: '01067' }),
  differs('a list that is shorter', { ...PARCEL, tags: ['red'] }),
  differs('a list that is longer', { ...PARCEL, tags: ['red', 'blue', 'green'] }),
  differs('a list in another order', { ...PARCEL, tags: ['blue', 'red'] }),
  differs('an object for a list', { ...PARCEL, tags: { 0: 'red', 1: 'blue' } }),
  differs('a list around the body', [PARCEL]),
  differs('a body that is not JSON', '<html>'),
  against('4.3', false, 'an object for an empty list', { tags: [] }, { tags: {} }),

  more('the same body', PARCEL),
  more('a further field', { ...PARCEL, weight: 3 }),
  more('a further inner field', { ...PARCEL, recipient: { postcode: '01067', city: 'B' } }),
  more('another order of fields', Object.fromEntries(Object.entries(PARCEL).toReversed())),
  against('4.4', true, 'a further field in a list', page(item), page({ ...item, city: 'B' })),
  headed('further headers in other case', true, {
    'content-type': JSON_TYPE,
    'X-Depot': 'north',
    'x-more': '1',
  }),
  {
    point: '4.4',
    what: 'a redirect where one is expected',
    fits: true,
    response: { status: 303, headers: { location: '/elsewhere' } },
    reply: { status: 303, headers: { location: '/elsewhere' } },
  },
  {
    point: '4.4',
    what: 'any body where none is expected',
    fits: true,
    response: { status: 410 },
    reply: { status: 410, body: '<html>' },
  },
  {
    point: '4.4',
    what: 'a JSON body where none is expected',
    fits: true,
    response: { status: 410 },
    reply: { status: 410, body: { error: 'gone' } },
  },

  typed(true, 'other values of the same type', { id: 8, city: 'B', paid: false }),
  typed(false, 'a text where a number may be any', { id: '8', city: 'B', paid: false }),
  typed(false, 'a null where a text may be any', { id: 8, city: null, paid: false }),
  typed(false, 'nothing where a value may be any', { id: 8, city: 'B' }),
  each(true, 'three elements like the first', page(item, { ...item, id: 8 }, { ...item, id: 9 })),
  each(false, 'an empty list', page()),
  each(false, 'a second element with another type', page(item, { ...item, id: '8' })),
  each(
    false,
    'a third element with another value',
    page(item, item, { ...item, postcode: '10115' }),
  ),
  each(false, 'a second element that lacks a field', page(item, { id: 8 })),
  against(
    '4.5',
    true,
    'a rule for all elements of a plain list',
    page(item, item),
    page({ ...item, id: 1 }, item),
    {
      '$.items[*].id': 'type',
    },
  ),
  against(
    '4.5',
    false,
    'a list in a list whose second is empty',
    { rows: [{ cells: [1] }] },
    { rows: [{ cells: [5] }, { cells: [] }] },
    {
      '$.rows': 'each',
      '$.rows[*].cells': 'each',
      '$.rows[*].cells[*]': 'type',
    },
  ),
  against(
    '4.5',
    true,
    'lists in a list',
    { rows: [{ cells: [1] }] },
    { rows: [{ cells: [5] }, { cells: [1, 2] }] },
    {
      '$.rows': 'each',
      '$.rows[*].cells': 'each',
      '$.rows[*].cells[*]': 'type',
    },
  ),
];

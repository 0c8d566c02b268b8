import { type Answer, expect, type StartedService } from '@backend-labs/testkit';
import { NEW } from './answers.ts';

const { recipient } = NEW;

/** Requests that break rules of the ticket's table, and the place of each fault. */
export const WRONG: readonly (readonly [
  what: string,
  places: readonly string[],
  send: (service: StartedService) => Promise<Answer>,
])[] = [
  ['limit=0', ['query limit'], (s) => s.get('/v1/parcels?limit=0')],
  ['limit=101', ['query limit'], (s) => s.get('/v1/parcels?limit=101')],
  ['limit=2.5', ['query limit'], (s) => s.get('/v1/parcels?limit=2.5')],
  ['limit=ten', ['query limit'], (s) => s.get('/v1/parcels?limit=ten')],
  ['an empty limit', ['query limit'], (s) => s.get('/v1/parcels?limit=')],
  ['a limit given twice', ['query limit'], (s) => s.get('/v1/parcels?limit=5&limit=6')],
  ['status=lost', ['query status'], (s) => s.get('/v1/parcels?status=lost')],
  ['status=Created', ['query status'], (s) => s.get('/v1/parcels?status=Created')],
  [
    'status and limit',
    ['query limit', 'query status'],
    (s) => s.get('/v1/parcels?status=lost&limit=0'),
  ],
  ['the id abc', ['path id'], (s) => s.get('/v1/parcels/abc')],
  ['the id 0', ['path id'], (s) => s.get('/v1/parcels/0')],
  ['the id 1e400', ['path id'], (s) => s.get('/v1/parcels/1e400')],
  ['the id abc of a tracking', ['path id'], (s) => s.get('/v1/parcels/abc/tracking')],
  ['no body', ['body'], (s) => s.post('/v1/parcels')],
  ['a list as the body', ['body'], (s) => s.post('/v1/parcels', [NEW])],
  ['an empty body', ['body /recipient', 'body /weightGrams'], (s) => s.post('/v1/parcels', {})],
  body('a weight of 0', ['/weightGrams'], { ...NEW, weightGrams: 0 }),
  body('a weight of 100,001', ['/weightGrams'], { ...NEW, weightGrams: 100_001 }),
  body('a weight of 1.5', ['/weightGrams'], { ...NEW, weightGrams: 1.5 }),
  body('a weight of "900"', ['/weightGrams'], { ...NEW, weightGrams: '900' }),
  body('a weight of null', ['/weightGrams'], { ...NEW, weightGrams: null }),
  body('no city', ['/recipient/city'], { ...NEW, recipient: { postcode: '01069' } }),
  body('an empty city', ['/recipient/city'], { ...NEW, recipient: { ...recipient, city: '' } }),
  body('a number as postcode', ['/recipient/postcode'], {
    ...NEW,
    recipient: { ...recipient, postcode: 1069 },
  }),
  body('a postcode of 11 characters', ['/recipient/postcode'], {
    ...NEW,
    recipient: { ...recipient, postcode: '01069012345' },
  }),
  body('a note of 201 characters', ['/note'], { ...NEW, note: 'n'.repeat(201) }),
  body('a number as note', ['/note'], { ...NEW, note: 7 }),
  body('three faults', ['/note', '/recipient/city', '/weightGrams'], {
    weightGrams: 0,
    recipient: { postcode: '01069' },
    note: 7,
  }),
];

function body(what: string, places: readonly string[], sent: unknown): (typeof WRONG)[number] {
  return [what, places.map((place) => `body ${place}`), (s) => s.post('/v1/parcels', sent)];
}

/** The places of an answer's faults: `query limit`, in alphabetical order, each once. */
export function placesOf(answer: Answer): string[] {
  const { faults } = (answer.body ?? {}) as { faults?: unknown };
  if (!Array.isArray(faults)) {
    return expect.fail(
      `${answer.request} answered ${answer.status} without a list of faults: ${answer.text.slice(0, 200)}`,
    );
  }
  const places = faults.map((fault) => {
    const [, place] =
      /^((?:query|path) \w+|(?:body|answer) \/[^\s:]+|answer (?:status|content-type)|body)/u.exec(
        String(fault),
      ) ?? [];
    return place ?? `(${String(fault)})`;
  });
  return [...new Set(places)].toSorted();
}

/** Requests that fit, among them some with things that the document does not name. */
export const RIGHT: readonly (readonly [
  what: string,
  status: number,
  send: (service: StartedService) => Promise<Answer>,
])[] = [
  ['limit=1', 200, (s) => s.get('/v1/parcels?limit=1')],
  ['limit=100', 200, (s) => s.get('/v1/parcels?limit=100')],
  ['status=returned', 200, (s) => s.get('/v1/parcels?status=returned&limit=3')],
  ['a query parameter of their own', 200, (s) => s.get('/v1/parcels?limit=3&_=1764266531')],
  ['the highest id', 404, (s) => s.get('/v1/parcels/9007199254740991')],
  ['a weight of 1', 201, (s) => s.post('/v1/parcels', { ...NEW, weightGrams: 1 })],
  ['a weight of 100,000', 201, (s) => s.post('/v1/parcels', { ...NEW, weightGrams: 100_000 })],
  ['a note of null', 201, (s) => s.post('/v1/parcels', { ...NEW, note: null })],
  [
    'a note of 200 characters',
    201,
    (s) => s.post('/v1/parcels', { ...NEW, note: 'n'.repeat(200) }),
  ],
  ['a field of their own', 201, (s) => s.post('/v1/parcels', { ...NEW, color: 'red' })],
  [
    'a field of their own in the recipient',
    201,
    (s) => s.post('/v1/parcels', { ...NEW, recipient: { ...recipient, floor: 3 } }),
  ],
];

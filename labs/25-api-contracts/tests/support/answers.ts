import {
  type Answer,
  type Draw,
  expect,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { faultsOf } from './faults.ts';
import { type Json, plain } from './json.ts';
import { addParcel, type Known } from './parcels.ts';
import type { OperationName, ServedDocument } from './served-document.ts';

export const NEW = { weightGrams: 900, recipient: { postcode: '01069', city: 'Dresden' } } as const;

const PARCEL: Known = { status: 'returned', weightGrams: 1, postcode: 'X', city: 'Y', note: null };

/** Every kind of answer of the four operations, and the operation that each belongs to. */
export async function everyAnswer(
  service: StartedService,
  postgres: PostgresProbe,
  draw: Draw,
): Promise<(readonly [OperationName, Answer])[]> {
  const bare = await addParcel(postgres, PARCEL);
  const noted = await addParcel(postgres, { ...PARCEL, note: draw.word() });
  const gone = draw.int(10_000_000, 90_000_000);
  const [list, post] = ['GET /v1/parcels', 'POST /v1/parcels'] as const;
  const [one, tracking] = ['GET /v1/parcels/{id}', 'GET /v1/parcels/{id}/tracking'] as const;
  return [
    [list, await service.get('/v1/parcels?limit=100')],
    [list, await service.get('/v1/parcels?status=delivered')],
    [list, await service.get('/v1/parcels?limit=0')],
    [post, await service.post('/v1/parcels', NEW)],
    [post, await service.post('/v1/parcels', { ...NEW, note: 'at noon' })],
    [post, await service.post('/v1/parcels', {})],
    [one, await service.get(`/v1/parcels/${bare}`)],
    [one, await service.get(`/v1/parcels/${noted}`)],
    [one, await service.get(`/v1/parcels/${gone}`)],
    [one, await service.get('/v1/parcels/abc')],
    [tracking, await service.get(`/v1/parcels/${bare}/tracking`)],
    [tracking, await service.get('/v1/parcels/abc/tracking')],
  ];
}

/** Asserts that the document describes an answer: its status, its type, each field, and which are required. */
export function expectDescribed(
  document: ServedDocument,
  name: OperationName,
  answer: Answer,
): void {
  const { status, request } = answer;
  const body = answer.body as Json;
  const { schema } = document.answer(name, status);
  const faults = faultsOf(schema, body);
  expect(
    faults.join('; ') || 'none',
    `faults that the document finds in the answer ${status} to ${request}`,
  ).toBe('none');
  if (status < 300) {
    const looseness = [...missable(schema, body), ...untyped(schema, body)];
    expect(
      looseness.join('; ') || 'nothing',
      `what the document leaves open about the answer ${status} of ${name}`,
    ).toBe('nothing');
  }
}

/** The body itself, or the first of its items. */
function variants(
  body: Json,
): { readonly value: Json; readonly build: (value: Json) => unknown }[] {
  const { items } = body as { items?: readonly Json[] };
  const whole = { value: body, build: (value: Json): unknown => plain(value) };
  const [first] = items ?? [];
  return first ? [whole, { value: first, build: (value) => plain({ items: [value] }) }] : [whole];
}

const fits = (schema: Json, value: unknown): boolean => faultsOf(schema, value).length === 0;

/** Fields without which the body fits as well. */
const missable = (schema: Json, body: Json): string[] =>
  variants(body).flatMap(({ value, build }) =>
    Object.keys(value)
      .filter((name) => fits(schema, build({ ...value, [name]: undefined })))
      .map((name) => `${name} may be missing`),
  );

/** Fields that may have another type. */
const untyped = (schema: Json, body: Json): string[] =>
  variants(body).flatMap(({ value, build }) =>
    Object.keys(value)
      .filter((name) => fits(schema, build({ ...value, [name]: true })))
      .map((name) => `${name} may be true`),
  );

import type { Json } from '../json.ts';
import { JSON_TYPE, list, number, object, ref, text, whole } from './change.ts';

type Sides = Readonly<Record<'old' | 'new', Json>>;
const same = (schema: Json): Sides => ({ old: schema, new: schema });

const parcel = object({ id: whole, weight: number, note: text });
const thinner = object({ id: whole, weight: number });
const treeOf = (name: string, more: Json = {}): Json =>
  object({ name: text, ...more, under: list(ref(name)) });

/** What operations refer to. Only these change; the operations that refer to them stay. */
const SCHEMAS: Readonly<Record<string, Sides>> = {
  ThinnerParcel: { old: parcel, new: thinner },
  RicherParcel: {
    old: parcel,
    new: object({ id: whole, weight: number, note: text, depot: text }),
  },
  MovedParcel: same(parcel),
  NewInput: { old: object({ id: whole }), new: object({ id: whole, depot: text }) },
  Tree: same(treeOf('Tree')),
  ThinnerTree: { old: treeOf('ThinnerTree', { note: text }), new: treeOf('ThinnerTree') },
  DeeperTree: {
    old: treeOf('DeeperTree'),
    new: object({
      name: text,
      under: list(object({ name: whole, under: list(ref('DeeperTree')) })),
    }),
  },
  Depot: same(object({ name: text, parcels: list(ref('Loaded')) })),
  Loaded: {
    old: object({ id: whole, depot: ref('Depot') }),
    new: object({ id: text, depot: ref('Depot') }),
  },
  Shelf: same(object({ name: text, boxes: list(ref('Box')) })),
  Box: same(object({ shelf: ref('Shelf') }, [])),
  OldName: same(treeOf('OldName')),
  NewName: same(treeOf('NewName')),
  NeedyNode: {
    old: object({ name: text, next: ref('NeedyNode') }, ['name']),
    new: object({ name: text, kind: text, next: ref('NeedyNode') }, ['name', 'kind']),
  },
};

const PARAMETERS: Readonly<Record<string, Sides>> = {
  Limit: {
    old: { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 1000 } },
    new: { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } },
  },
};

const withContent = (schema: Json): Json => ({
  description: 'An answer',
  content: { [JSON_TYPE]: { schema } },
});

const RESPONSES: Readonly<Record<string, Sides>> = {
  Thinner: { old: withContent(parcel), new: withContent(thinner) },
};

const BODIES: Readonly<Record<string, Sides>> = {
  Needy: {
    old: { required: true, content: { [JSON_TYPE]: { schema: object({ id: whole }) } } },
    new: {
      required: true,
      content: { [JSON_TYPE]: { schema: object({ id: whole, depot: text }) } },
    },
  },
};

const sideOf = (all: Readonly<Record<string, Sides>>, side: 'old' | 'new'): Json =>
  Object.fromEntries(Object.entries(all).map(([name, sides]) => [name, sides[side]]));

/** The components of a document, the same for all of its operations. */
export const components = (side: 'old' | 'new'): Json => ({
  schemas: sideOf(SCHEMAS, side),
  parameters: sideOf(PARAMETERS, side),
  responses: sideOf(RESPONSES, side),
  requestBodies: sideOf(BODIES, side),
  securitySchemes: {
    key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    login: {
      type: 'oauth2',
      flows: {
        clientCredentials: {
          tokenUrl: 'https://login.example/token',
          scopes: { read: 'Reads', write: 'Writes' },
        },
      },
    },
  },
});

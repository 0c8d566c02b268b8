/** A JSON object. */
export type Json = { readonly [name: string]: unknown };

/** What happened to one operation between two documents. */
export interface Change {
  /** `GET /removed-field`, as the gate has to name it. */
  readonly operation: string;
  readonly breaking: boolean;
  readonly what: string;
  /** Whether it happened in a component that the operation only refers to. */
  readonly byReference: boolean;
}

interface Sides {
  readonly old: Json;
  /** Absent when the operation is gone. */
  readonly new?: Json;
}

const JSON_TYPE = 'application/json';
const text = { type: 'string' } as const;
const whole = { type: 'integer' } as const;
const oneOf = (...values: string[]): Json => ({ type: 'string', enum: values });
const object = (properties: Json, required: readonly string[] = Object.keys(properties)): Json => ({
  type: 'object',
  required,
  properties,
});

const answering = (schema: Json, more: Json = {}): Json => ({
  responses: { '200': { description: 'OK', content: { [JSON_TYPE]: { schema } } } },
  ...more,
});
const asking = (schema: Json, more: Json = {}): Json =>
  answering(whole, { parameters: [{ name: 'q', in: 'query', schema, ...more }] });
const taking = (schema: Json): Json =>
  answering(whole, { requestBody: { required: true, content: { [JSON_TYPE]: { schema } } } });

/** A parcel through `$ref`; what changes is the component. */
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const parcel = object({ id: whole, weight: { type: 'number' }, note: text });

const COMPONENTS: Readonly<Record<string, Sides>> = {
  ThinnerParcel: { old: parcel, new: object({ id: whole, weight: { type: 'number' } }) },
  NewInput: { old: object({ id: whole }), new: object({ id: whole, depot: text }) },
  RicherParcel: { old: parcel, new: object({ ...(parcel['properties'] as Json), depot: text }) },
  MovedParcel: { old: parcel, new: parcel },
};

const BREAKING: Readonly<Record<string, Sides & { readonly what: string }>> = {
  'GET /field-removed': {
    what: 'a field of an answer is gone',
    old: answering({ type: 'array', items: ref('ThinnerParcel') }),
    new: answering({ type: 'array', items: ref('ThinnerParcel') }),
  },
  'GET /field-type-changed': {
    what: 'a field of an answer was a number and is a text',
    old: answering(object({ id: whole })),
    new: answering(object({ id: text })),
  },
  'GET /field-may-be-null': {
    what: 'a field of an answer may be null now',
    old: answering(object({ note: text })),
    new: answering(object({ note: { type: ['string', 'null'] } })),
  },
  'GET /field-made-optional': {
    what: 'a field of an answer may be missing now',
    old: answering(object({ id: whole, note: text })),
    new: answering(object({ id: whole, note: text }, ['id'])),
  },
  'GET /value-added-to-answer': {
    what: 'an answer has a value that no client knows',
    old: answering(object({ type: oneOf('sent', 'lost') })),
    new: answering(object({ type: oneOf('sent', 'lost', 'found') })),
  },
  'GET /value-removed-from-input': {
    what: 'a parameter no longer takes a value',
    old: asking(oneOf('sent', 'lost')),
    new: asking(oneOf('sent')),
  },
  'GET /limit-lowered': {
    what: 'the maximum of a parameter is lower',
    old: asking({ type: 'integer', minimum: 1, maximum: 1000 }),
    new: asking({ type: 'integer', minimum: 1, maximum: 100 }),
  },
  'GET /default-changed': {
    what: 'the default of a parameter changed',
    old: asking({ type: 'integer', default: 50 }),
    new: asking({ type: 'integer', default: 100 }),
  },
  'GET /parameter-required': {
    what: 'a parameter has to be there now',
    old: asking(text),
    new: asking(text, { required: true }),
  },
  'GET /required-parameter-added': {
    what: 'there is a new parameter that has to be there',
    old: answering(whole),
    new: asking(text, { required: true }),
  },
  'POST /required-field-added-to-input': {
    what: 'a body needs a new field',
    old: taking(ref('NewInput')),
    new: taking(ref('NewInput')),
  },
  'DELETE /operation-removed': {
    what: 'the operation is gone',
    old: answering(whole),
  },
};

const HARMLESS: Readonly<Record<string, Sides & { readonly what: string }>> = {
  'GET /field-added': {
    what: 'an answer has one more field',
    old: answering(ref('RicherParcel')),
    new: answering(ref('RicherParcel')),
  },
  'GET /field-always-there': {
    what: 'a field of an answer is never missing now',
    old: answering(object({ id: whole, note: text }, ['id'])),
    new: answering(object({ id: whole, note: text })),
  },
  'GET /value-removed-from-answer': {
    what: 'an answer has a value less',
    old: answering(object({ type: oneOf('sent', 'lost') })),
    new: answering(object({ type: oneOf('sent') })),
  },
  'GET /value-added-to-input': {
    what: 'a parameter takes one more value',
    old: asking(oneOf('sent', 'lost')),
    new: asking(oneOf('sent', 'lost', 'found')),
  },
  'GET /limit-raised': {
    what: 'the maximum of a parameter is higher',
    old: asking({ type: 'integer', minimum: 1, maximum: 100 }),
    new: asking({ type: 'integer', minimum: 1, maximum: 1000 }),
  },
  'GET /optional-parameter-added': {
    what: 'there is a new parameter that may be left out',
    old: answering(whole),
    new: asking(text),
  },
  'POST /field-made-optional-in-input': {
    what: 'a field of a body may be left out now',
    old: taking(object({ id: whole, note: text })),
    new: taking(object({ id: whole, note: text }, ['id'])),
  },
  'GET /words-and-order': {
    what: 'a description, the order of fields, and a schema that moved to a component',
    old: answering(parcel, { summary: 'A parcel' }),
    new: answering(ref('MovedParcel'), { summary: 'One parcel', description: 'By its number.' }),
  },
};

function changesOf(
  from: Readonly<Record<string, Sides & { what: string }>>,
  breaking: boolean,
): Change[] {
  return Object.entries(from).map(([operation, { what, ...sides }]) => ({
    operation,
    breaking,
    what,
    byReference: JSON.stringify(sides.old).includes('$ref'),
  }));
}

/** The ticket's twelve and eight. */
export const CHANGES: readonly Change[] = [
  ...changesOf(BREAKING, true),
  ...changesOf(HARMLESS, false),
];

/** Two documents that differ by some of the changes, each in an operation of its own. */
export function documents(changes: readonly Change[]): Record<'old' | 'new', Json> {
  return { old: document('old', changes), new: document('new', changes) };
}

function document(side: 'old' | 'new', changes: readonly Change[]): Json {
  const paths: Record<string, Json> = {};
  for (const { operation } of changes) {
    const [method = '', path = ''] = operation.split(' ');
    const described = (BREAKING[operation] ?? HARMLESS[operation])?.[side];
    if (described) paths[path] = { [method.toLowerCase()]: described };
  }
  const schemas = Object.entries(COMPONENTS).map(([name, sides]) => [
    name,
    sides[side] ?? sides.old,
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Parcels', version: side === 'old' ? '1.0.0' : '1.1.0' },
    paths,
    components: { schemas: Object.fromEntries(schemas) },
  };
}

/** A JSON object. */
export type Json = { readonly [name: string]: unknown };

/** What happened to one operation between two documents. */
export interface Change {
  /** `GET /removed-field`, as the gate has to name it. */
  readonly operation: string;
  /** The point of the ticket that it is about. */
  readonly point: string;
  readonly breaking: boolean;
  readonly what: string;
  /** Whether it happened in a component that the operation only refers to. */
  readonly byReference: boolean;
  /** In how many lines the gate has to name it, at least. */
  readonly lines: number;
}

interface Sides {
  readonly old: Json;
  /** Absent when the operation is gone. */
  readonly new?: Json;
  /** What stands beside the operation, for all methods of its path. */
  readonly shared?: Readonly<Record<'old' | 'new', Json>>;
}

type Documented = Sides & { readonly what: string; readonly lines?: number };

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
const bodyOf = (schema: Json): Json => ({
  requestBody: { required: true, content: { [JSON_TYPE]: { schema } } },
});
const taking = (schema: Json): Json => answering(whole, bodyOf(schema));

const answeringWith = (status: string, type: string, schema: Json): Json => ({
  responses: {
    '200': { description: 'OK', content: { [JSON_TYPE]: { schema: whole } } },
    [status]: { description: 'Another', content: { [type]: { schema } } },
  },
});
const problem = (...fields: string[]): Json =>
  object(Object.fromEntries(fields.map((name) => [name, text])));

/** A parcel through `$ref`; what changes is the component. */
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const parcel = object({ id: whole, weight: { type: 'number' }, note: text });

const treeOf = (name: string, more: Json = {}): Json =>
  object({ name: text, ...more, under: { type: 'array', items: ref(name) } });

const COMPONENTS: Readonly<Record<string, Sides>> = {
  ThinnerParcel: { old: parcel, new: object({ id: whole, weight: { type: 'number' } }) },
  NewInput: { old: object({ id: whole }), new: object({ id: whole, depot: text }) },
  RicherParcel: { old: parcel, new: object({ ...(parcel['properties'] as Json), depot: text }) },
  MovedParcel: { old: parcel, new: parcel },
  SentAndAnswered: { old: parcel, new: object({ id: whole, weight: { type: 'number' } }) },
  Tree: { old: treeOf('Tree'), new: treeOf('Tree') },
  ThinnerTree: { old: treeOf('ThinnerTree', { note: text }), new: treeOf('ThinnerTree') },
};

/** Changes of an answer that break. */
const ANSWERS: Readonly<Record<string, Documented>> = {
  'GET /field-gone': {
    what: 'a field of an answer is gone',
    old: answering(object({ id: whole, note: text })),
    new: answering(object({ id: whole })),
  },
  'GET /field-type-changed': {
    what: 'a field of an answer was a number and is a text',
    old: answering(object({ id: whole })),
    new: answering(object({ id: text })),
  },
  'GET /fraction-possible': {
    what: 'a field of an answer was an integer and is a number',
    old: answering(object({ id: whole })),
    new: answering(object({ id: { type: 'number' } })),
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
  'GET /values-open': {
    what: 'a field of an answer lost its enum',
    old: answering(object({ type: oneOf('sent', 'lost') })),
    new: answering(object({ type: text })),
  },
};

/** Changes of what is sent that break, and an operation that is gone. */
const INPUTS: Readonly<Record<string, Documented>> = {
  'GET /header-required': {
    what: 'a header has to be there now',
    old: asking(text, { in: 'header' }),
    new: asking(text, { in: 'header', required: true }),
  },
  'POST /field-needed-in-input': {
    what: 'a body needs a new field',
    old: taking(object({ id: whole })),
    new: taking(object({ id: whole, depot: text })),
  },
  'GET /value-removed-from-input': {
    what: 'a parameter no longer takes a value',
    old: asking(oneOf('sent', 'lost')),
    new: asking(oneOf('sent')),
  },
  'GET /values-bound': {
    what: 'a parameter has an enum now',
    old: asking(text),
    new: asking(oneOf('sent', 'lost')),
  },
  'GET /limit-lowered': {
    what: 'the maximum of a parameter is lower',
    old: asking({ type: 'integer', minimum: 1, maximum: 1000 }),
    new: asking({ type: 'integer', minimum: 1, maximum: 100 }),
  },
  'GET /limit-set': {
    what: 'a parameter has a maximum now',
    old: asking({ type: 'integer' }),
    new: asking({ type: 'integer', maximum: 100 }),
  },
  'GET /default-changed': {
    what: 'the default of a parameter changed',
    old: asking({ type: 'integer', default: 50 }),
    new: asking({ type: 'integer', default: 100 }),
  },
  'GET /default-removed': {
    what: 'a parameter has no default any more',
    old: asking({ type: 'integer', default: 50 }),
    new: asking({ type: 'integer' }),
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
  'POST /field-required-in-input': {
    what: 'a field of a body has to be there now',
    old: taking(object({ id: whole, note: text }, ['id'])),
    new: taking(object({ id: whole, note: text })),
  },
  'DELETE /operation-removed': {
    what: 'the operation is gone',
    old: answering(whole),
  },
};

/** The same, in places that a gate may not look at. */
const PLACES: Readonly<Record<string, Documented>> = {
  'GET /tree-lost-a-field': {
    what: 'a field of an answer is gone, in a schema that holds itself',
    old: answering(ref('ThinnerTree')),
    new: answering(ref('ThinnerTree')),
  },
  'GET /field-removed': {
    what: 'a field of an answer is gone',
    old: answering({ type: 'array', items: ref('ThinnerParcel') }),
    new: answering({ type: 'array', items: ref('ThinnerParcel') }),
  },
  'GET /field-removed-here-too': {
    what: 'a field of an answer is gone, in a component that another operation has, too',
    old: answering(ref('ThinnerParcel')),
    new: answering(ref('ThinnerParcel')),
  },
  'PUT /field-removed-from-both': {
    what: 'a component lost a field; as a body it breaks nobody, as an answer it does',
    old: answering(ref('SentAndAnswered'), bodyOf(ref('SentAndAnswered'))),
    new: answering(ref('SentAndAnswered'), bodyOf(ref('SentAndAnswered'))),
  },
  'POST /required-field-added-to-input': {
    what: 'a body needs a new field',
    old: taking(ref('NewInput')),
    new: taking(ref('NewInput')),
  },
  'POST /inner-field-added-to-input': {
    what: 'an object in a body needs a new field',
    old: taking(object({ parcel: object({ id: whole }) })),
    new: taking(object({ parcel: object({ id: whole, depot: text }) })),
  },
  'POST /field-removed-from-201': {
    what: 'a field of an answer 201 is gone',
    old: answeringWith('201', JSON_TYPE, object({ id: whole, note: text })),
    new: answeringWith('201', JSON_TYPE, object({ id: whole })),
  },
  'GET /field-removed-from-problem': {
    what: 'a field of a problem is gone',
    old: answeringWith('404', 'application/problem+json', problem('type', 'title', 'detail')),
    new: answeringWith('404', 'application/problem+json', problem('type', 'title')),
  },
  'GET /part-changed': {
    what: 'a field is gone from a part of an allOf',
    old: answering({ allOf: [parcel, object({ depot: text, hall: text })] }),
    new: answering({ allOf: [parcel, object({ depot: text })] }),
  },
  'GET /shared-parameter-required': {
    what: 'a parameter of the whole path has to be there now',
    old: answering(whole),
    new: answering(whole),
    shared: {
      old: { parameters: [{ name: 'q', in: 'query', schema: text }] },
      new: { parameters: [{ name: 'q', in: 'query', schema: text, required: true }] },
    },
  },
};

/** Two changes that break, in one operation. */
const DOUBLE: Readonly<Record<string, Documented>> = {
  'GET /two-changes-of-a-parameter': {
    what: 'the default of a parameter changed, and its maximum is lower',
    lines: 2,
    old: asking({ type: 'integer', maximum: 1000, default: 50 }),
    new: asking({ type: 'integer', maximum: 100, default: 20 }),
  },
  'GET /two-parameters': {
    what: 'a parameter has to be there now, and another takes a value less',
    lines: 2,
    old: answering(whole, {
      parameters: [
        { name: 'p', in: 'query', schema: text },
        { name: 'q', in: 'query', schema: oneOf('sent', 'lost') },
      ],
    }),
    new: answering(whole, {
      parameters: [
        { name: 'p', in: 'query', schema: text, required: true },
        { name: 'q', in: 'query', schema: oneOf('sent') },
      ],
    }),
  },
};

const HARMLESS: Readonly<Record<string, Documented>> = {
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
  'GET /tree-as-it-was': {
    what: 'nothing, in a schema that holds itself',
    old: answering(ref('Tree')),
    new: answering(ref('Tree')),
  },
  'GET /parameter-of-its-own': {
    what: 'nothing, in an operation whose parameter stands in for one of its path',
    old: asking({ type: 'integer', maximum: 1000 }),
    new: asking({ type: 'integer', maximum: 1000 }),
    shared: {
      old: { parameters: [{ name: 'q', in: 'query', schema: oneOf('sent') }] },
      new: { parameters: [{ name: 'q', in: 'query', schema: oneOf('sent') }] },
    },
  },
  'GET /words-and-order': {
    what: 'a description, the order of fields, and a schema that moved to a component',
    old: answering(parcel, { summary: 'A parcel' }),
    new: answering(ref('MovedParcel'), { summary: 'One parcel', description: 'By its number.' }),
  },
};

const BY_POINT: Readonly<Record<string, Readonly<Record<string, Documented>>>> = {
  '7.3': ANSWERS,
  '7.4': INPUTS,
  '7.5': HARMLESS,
  '7.6': PLACES,
  '7.7': DOUBLE,
};

const DOCUMENTED: Readonly<Record<string, Documented>> = Object.assign(
  {},
  ...Object.values(BY_POINT),
);

/** What the ticket's table names, each at least once. */
export const CHANGES: readonly Change[] = Object.entries(BY_POINT).flatMap(([point, changes]) => {
  const breaking = changes !== HARMLESS;
  return Object.entries(changes).map(([operation, { what, lines, ...sides }]) => ({
    operation,
    point,
    breaking,
    what,
    lines: lines ?? (breaking ? 1 : 0),
    byReference: JSON.stringify(sides.old).includes('$ref'),
  }));
});

/** Two documents that differ by some of the changes, each in an operation of its own. */
export function documents(changes: readonly Change[]): Record<'old' | 'new', Json> {
  return { old: document('old', changes), new: document('new', changes) };
}

function document(side: 'old' | 'new', changes: readonly Change[]): Json {
  const paths: Record<string, Json> = {};
  for (const { operation } of changes) {
    const [method = '', path = ''] = operation.split(' ');
    const sides = DOCUMENTED[operation];
    const described = sides?.[side];
    if (described) paths[path] = { ...sides?.shared?.[side], [method.toLowerCase()]: described };
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

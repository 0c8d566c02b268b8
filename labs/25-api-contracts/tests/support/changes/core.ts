import {
  answered,
  answering,
  answeringWith,
  asked,
  asking,
  bodyOf,
  type Change,
  changes,
  content,
  JSON_TYPE,
  list,
  number,
  object,
  oneOf,
  parameter,
  ref,
  taken,
  taking,
  text,
  whole,
} from './change.ts';

const parcel = object({ id: whole, weight: number, note: text });
const secured = (...alternatives: readonly object[]) =>
  answering(whole, { security: alternatives });
const two = (...schemas: readonly [object, object]) =>
  answering(whole, {
    parameters: [
      { name: 'p', in: 'query', schema: schemas[0] },
      { name: 'q', in: 'query', schema: schemas[1] },
    ],
  });

const inPath = (name: string, schema: object) => ({ name, in: 'path', required: true, schema });
const gone = (what: string) => ({ what, old: answering(whole) });

/** Changes that break, by the point of task 5 that asks for them. */
export const BREAKING: readonly Change[] = [
  ...changes('5.1', 1, {
    'GET /field-gone': answered(
      'a field of an answer is gone',
      object({ id: whole, note: text }),
      object({ id: whole }),
    ),
    'GET /field-may-be-missing': answered(
      'a field of an answer may be missing now',
      object({ id: whole, note: text }),
      object({ id: whole, note: text }, ['id']),
    ),
    'GET /field-became-text': answered(
      'a field of an answer was a whole number and is a text',
      object({ id: whole }),
      object({ id: text }),
    ),
    'GET /fraction-possible': answered(
      'a field of an answer was an integer and is a number',
      object({ id: whole }),
      object({ id: number }),
    ),
    'GET /field-may-be-null': answered(
      'a field of an answer may be null now',
      object({ note: text }),
      object({ note: { type: ['string', 'null'] } }),
    ),
    'GET /value-added-to-answer': answered(
      'an enum of an answer has one more value',
      object({ type: oneOf('sent', 'lost') }),
      object({ type: oneOf('sent', 'lost', 'found') }),
    ),
    'GET /values-open-in-answer': answered(
      'a field of an answer lost its enum',
      object({ type: oneOf('sent', 'lost') }),
      object({ type: text }),
    ),
    'GET /answer-became-list': answered(
      'an answer was an object and is an array',
      object({ id: whole }),
      list(object({ id: whole })),
    ),
  }),
  ...changes('5.2', 1, {
    'GET /value-removed-from-parameter': asked(
      'an enum of a parameter has one value less',
      oneOf('sent', 'lost'),
      oneOf('sent'),
    ),
    'GET /values-bound': asked('a parameter has an enum now', text, oneOf('sent', 'lost')),
    'GET /maximum-lowered': asked(
      'the maximum of a parameter is lower',
      { ...whole, maximum: 1000 },
      { ...whole, maximum: 100 },
    ),
    'GET /maximum-set': asked('a parameter has a maximum now', whole, { ...whole, maximum: 100 }),
    'GET /minimum-raised': asked(
      'the minimum of a parameter is higher',
      { ...whole, minimum: 0 },
      { ...whole, minimum: 1 },
    ),
    'GET /default-changed': asked(
      'the default of a parameter changed',
      { ...whole, default: 50 },
      { ...whole, default: 100 },
    ),
    'GET /default-removed': asked(
      'the default of a parameter is gone',
      { ...whole, default: 50 },
      whole,
    ),
    'GET /parameter-became-whole': asked(
      'a parameter was a number and is an integer',
      number,
      whole,
    ),
    'GET /parameter-required': {
      what: 'a parameter is required now',
      old: asking(text),
      new: asking(text, { required: true }),
    },
    'GET /required-parameter-added': {
      what: 'a parameter is new and required',
      old: answering(whole),
      new: asking(text, { required: true }),
    },
    'GET /header-required': {
      what: 'a header is required now',
      old: asking(text, { in: 'header', name: 'x-q' }),
      new: asking(text, { in: 'header', name: 'x-q', required: true }),
    },
    'GET /header-value-removed': {
      what: 'an enum of a header has one value less',
      old: asking(oneOf('a', 'b'), { in: 'header', name: 'x-q' }),
      new: asking(oneOf('a'), { in: 'header', name: 'x-q' }),
    },
    'GET /cookie-required': {
      what: 'a cookie is new and required',
      old: answering(whole),
      new: asking(text, { in: 'cookie', required: true }),
    },
    'GET /path/{q}': {
      what: 'a parameter of the path was a text and is a whole number',
      old: asking(text, { in: 'path', required: true }),
      new: asking(whole, { in: 'path', required: true }),
    },
    'GET /rows/{q}/places/{place}': {
      what: 'the first of two parameters of the path was a text and is a whole number',
      old: answering(whole, { parameters: [inPath('q', text), inPath('place', text)] }),
      new: answering(whole, { parameters: [inPath('q', whole), inPath('place', text)] }),
    },
    'GET /moved-to-header': {
      what: 'a required parameter of the query is a required header now',
      old: asking(text, { required: true }),
      new: asking(text, { in: 'header', required: true }),
    },
  }),
  ...changes('5.3', 1, {
    'POST /field-required': taken(
      'a field of a body is required now',
      object({ id: whole, note: text }, ['id']),
      object({ id: whole, note: text }),
    ),
    'POST /required-field-added': taken(
      'a field of a body is new and required',
      object({ id: whole }),
      object({ id: whole, depot: text }),
    ),
    'POST /value-removed-from-body': taken(
      'an enum of a body has one value less',
      object({ type: oneOf('a', 'b') }),
      object({ type: oneOf('a') }),
    ),
    'POST /body-field-became-whole': taken(
      'a field of a body was a number and is an integer',
      object({ weight: number }),
      object({ weight: whole }),
    ),
    'POST /text-became-number': taken(
      'a field of a body was a text and is a number',
      object({ weight: text }),
      object({ weight: number }),
    ),
    'POST /type-set': taken(
      'a field of a body could be anything, and must be a text now',
      object({ note: {} }),
      object({ note: text }),
    ),
    'POST /null-refused': taken(
      'a field of a body may not be null any more',
      object({ note: { type: ['string', 'null'] } }),
      object({ note: text }),
    ),
    'PUT /maximum-of-body-lowered': taken(
      'the maximum of a field of a body is lower',
      object({ weight: { ...whole, maximum: 9 } }),
      object({ weight: { ...whole, maximum: 8 } }),
    ),
    'POST /body-required': {
      what: 'a body is required now',
      old: taking(parcel, { required: false }),
      new: taking(parcel),
    },
    'POST /body-added': {
      what: 'a body is new and required',
      old: answering(whole),
      new: taking(parcel),
    },
  }),
  ...changes('5.4', 1, {
    'DELETE /operation-gone': gone('the operation is gone'),
    'PATCH /patch-gone': gone('a PATCH is gone'),
    'HEAD /head-gone': gone('a HEAD is gone'),
    'OPTIONS /options-gone': gone('an OPTIONS is gone'),
    'GET /status-gone': {
      what: 'an answer 201 is gone',
      old: answeringWith('201', JSON_TYPE, parcel),
      new: answering(whole),
    },
    'GET /type-of-answer-gone': {
      what: 'an answer is no longer given as CSV',
      old: {
        responses: {
          '200': {
            description: 'OK',
            content: { ...content(whole), ...content(text, 'text/csv') },
          },
        },
      },
      new: answering(whole),
    },
    'POST /type-of-body-gone': {
      what: 'a body is no longer taken as XML',
      old: answering(
        whole,
        bodyOf(parcel, { content: { ...content(parcel), ...content(text, 'application/xml') } }),
      ),
      new: taking(parcel),
    },
    'GET /key-needed': {
      what: 'an operation without security needs a key',
      old: answering(whole),
      new: secured({ key: [] }),
    },
    'GET /scope-added': {
      what: 'an operation needs one more scope',
      old: secured({ login: ['read'] }),
      new: secured({ login: ['read', 'write'] }),
    },
    'GET /alternative-gone': {
      what: 'a key alone is no longer enough',
      old: secured({ key: [] }, { login: ['read'] }),
      new: secured({ login: ['read'] }),
    },
    'GET /both-needed': {
      what: 'a key and a login are needed, where one of them was',
      old: secured({ key: [] }),
      new: secured({ key: [], login: ['read'] }),
    },
    'GET /no-longer-anonymous': {
      what: 'a login was a choice, and is needed',
      old: secured({}, { login: ['read'] }),
      new: secured({ login: ['read'] }),
    },
  }),
  ...changes('5.6', 1, {
    'GET /behind-ref': answered(
      'a field is gone from a component of an array',
      list(ref('ThinnerParcel')),
      list(ref('ThinnerParcel')),
    ),
    'GET /behind-ref-again': answered(
      'a field is gone from a component that another operation has as well',
      ref('ThinnerParcel'),
      ref('ThinnerParcel'),
    ),
    'PUT /in-both-directions': {
      what: 'a component lost a field: as a body it breaks nobody, as an answer it does',
      old: answering(ref('ThinnerParcel'), bodyOf(ref('ThinnerParcel'))),
      new: answering(ref('ThinnerParcel'), bodyOf(ref('ThinnerParcel'))),
    },
    'POST /input-behind-ref': taken(
      'a component of a body needs a new field',
      ref('NewInput'),
      ref('NewInput'),
    ),
    'GET /parameter-behind-ref': {
      what: 'the maximum of a parameter in a component is lower',
      old: answering(whole, { parameters: [{ $ref: '#/components/parameters/Limit' }] }),
      new: answering(whole, { parameters: [{ $ref: '#/components/parameters/Limit' }] }),
    },
    'GET /response-behind-ref': {
      what: 'a field is gone from an answer in a component',
      old: { responses: { '200': { $ref: '#/components/responses/Thinner' } } },
      new: { responses: { '200': { $ref: '#/components/responses/Thinner' } } },
    },
    'POST /body-behind-ref': {
      what: 'a body in a component needs a new field',
      old: answering(whole, { requestBody: { $ref: '#/components/requestBodies/Needy' } }),
      new: answering(whole, { requestBody: { $ref: '#/components/requestBodies/Needy' } }),
    },
    'POST /in-inner-object': taken(
      'an object in a body needs a new field',
      object({ parcel: object({ id: whole }) }),
      object({ parcel: object({ id: whole, depot: text }) }),
    ),
    'GET /in-list-in-list': answered(
      'a field is gone from an object in an array in an array',
      list(list(parcel)),
      list(list(object({ id: whole, weight: number }))),
    ),
    'GET /in-201': {
      what: 'a field of an answer 201 is gone',
      old: answeringWith('201', JSON_TYPE, object({ id: whole, note: text })),
      new: answeringWith('201', JSON_TYPE, object({ id: whole })),
    },
    'GET /in-problem': {
      what: 'a field of a problem is gone',
      old: answeringWith('404', 'application/problem+json', object({ type: text, title: text })),
      new: answeringWith('404', 'application/problem+json', object({ type: text })),
    },
    'GET /in-default': {
      what: 'a field of the default answer is gone',
      old: answeringWith('default', JSON_TYPE, object({ type: text, title: text })),
      new: answeringWith('default', JSON_TYPE, object({ type: text })),
    },
    'GET /header-beside-a-query': {
      what: 'a header for all operations of a path is required now, and one has a parameter of its name in the query',
      old: asking(text),
      new: asking(text),
      shared: {
        old: { parameters: [parameter(text, { in: 'header' })] },
        new: { parameters: [parameter(text, { in: 'header', required: true })] },
      },
    },
    'GET /beside-another-parameter': {
      what: 'a parameter beside the operations of a path is required now, and the operation has another one',
      old: asking(text),
      new: asking(text),
      shared: {
        old: { parameters: [parameter(text, { name: 'p' })] },
        new: { parameters: [parameter(text, { name: 'p', required: true })] },
      },
    },
    'GET /beside-the-operation': {
      what: 'a parameter beside the operations of a path is required now',
      old: answering(whole),
      new: answering(whole),
      shared: {
        old: { parameters: [parameter(text)] },
        new: { parameters: [parameter(text, { required: true })] },
      },
    },
  }),
  ...changes('5.7', 1, {
    'GET /same-field-of-two-objects': {
      lines: 2,
      ...answered(
        'two objects of an answer lost a field of the same name',
        object({ from: parcel, to: parcel }),
        object({
          from: object({ id: whole, weight: number }),
          to: object({ id: whole, weight: number }),
        }),
      ),
    },
    'GET /same-field-of-two-lists': {
      lines: 2,
      ...answered(
        'the elements of two arrays of an answer lost a field of the same name',
        object({ sent: list(parcel), lost: list(parcel) }),
        object({
          sent: list(object({ id: whole, weight: number })),
          lost: list(object({ id: whole, weight: number })),
        }),
      ),
    },
    'GET /two-of-a-parameter': {
      lines: 2,
      ...asked(
        'a parameter has another default, and a lower maximum',
        { ...whole, maximum: 1000, default: 50 },
        { ...whole, maximum: 100, default: 20 },
      ),
    },
    'GET /two-parameters': {
      what: 'two parameters have one value less each',
      lines: 2,
      old: two(oneOf('a', 'b'), oneOf('a', 'b')),
      new: two(oneOf('a'), oneOf('a')),
    },
    'GET /two-fields': {
      lines: 2,
      ...answered(
        'two fields of an answer are gone',
        object({ id: whole, a: text, b: text }),
        object({ id: whole }),
      ),
    },
    'POST /one-each': {
      what: 'a field of the answer is gone, and one of the body is new and required',
      lines: 2,
      old: answering(parcel, bodyOf(object({ id: whole }))),
      new: answering(
        object({ id: whole, weight: number }),
        bodyOf(object({ id: whole, depot: text })),
      ),
    },
  }),
];

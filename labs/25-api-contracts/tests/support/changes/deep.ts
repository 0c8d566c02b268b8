import type { Json } from '../json.ts';
import {
  answered,
  answering,
  asked,
  type Change,
  changes,
  list,
  number,
  object,
  oneOf,
  parameter,
  ref,
  taken,
  text,
  whole,
} from './change.ts';

const all = (...parts: readonly Json[]): Json => ({ allOf: parts });
const one = (...alternatives: readonly Json[]): Json => ({ oneOf: alternatives });
const any = (...alternatives: readonly Json[]): Json => ({ anyOf: alternatives });

const card = object({ kind: oneOf('card'), last4: text });
const cash = object({ kind: oneOf('cash'), till: whole });
const wire = object({ kind: oneOf('wire'), iban: text });
const inPath = (name: string, schema: Json): Json =>
  parameter(schema, { name, in: 'path', required: true });
const formatted = (format: string): Json => ({ type: 'string', format });
const long = (most: number): Json => ({ type: 'string', maxLength: most });

/** Changes that break, in schemas that are more than objects and arrays: by the points of task 7. */
export const DEEP_BREAKING: readonly Change[] = [
  ...changes('7.1', 1, {
    'GET /tree': answered(
      'a field is gone from a schema that refers to itself',
      ref('ThinnerTree'),
      ref('ThinnerTree'),
    ),
    'GET /deep-in-a-tree': answered(
      'a field has another type, one level below the root of a tree',
      ref('DeeperTree'),
      ref('DeeperTree'),
    ),
    'GET /two-that-refer-to-each-other': answered(
      'a field has another type in one of two schemas that refer to each other',
      ref('Depot'),
      ref('Depot'),
    ),
    'POST /linked-list': taken(
      'a node of a linked list needs a new field',
      ref('NeedyNode'),
      ref('NeedyNode'),
    ),
  }),
  ...changes('7.2', 1, {
    'GET /part-lost-a-field': answered(
      'a field is gone from a part of an allOf',
      all(object({ id: whole }), object({ depot: text, hall: text })),
      all(object({ id: whole }), object({ depot: text })),
    ),
    'GET /part-gone': answered(
      'a part of an allOf is gone',
      all(object({ id: whole }), object({ depot: text })),
      all(object({ id: whole })),
    ),
    'POST /part-needs-a-field': taken(
      'a part of the allOf of a body needs a new field',
      all(object({ id: whole }), object({ depot: text })),
      all(object({ id: whole }), object({ depot: text, hall: text })),
    ),
    'POST /part-added': taken(
      'the allOf of a body has one more part, with a required field',
      all(object({ id: whole })),
      all(object({ id: whole }), object({ depot: text })),
    ),
    'GET /part-of-a-parameter': asked(
      'a part of the allOf of a parameter has a lower maximum',
      all(whole, { maximum: 9 }),
      all(whole, { maximum: 8 }),
    ),
    'GET /field-in-two-parts': answered(
      'a field that is in two parts of an allOf may be null by the first, and the second only limits its length',
      all(object({ note: text }), { properties: { note: { maxLength: 9 } } }),
      all(object({ note: { type: ['string', 'null'] } }), {
        properties: { note: { maxLength: 9 } },
      }),
    ),
    'GET /elements-in-two-parts': answered(
      'the elements of an array have another type in the first part of an allOf, and the second only limits their length',
      all(list(text), { items: { maxLength: 9 } }),
      all(list(whole), { items: { maxLength: 9 } }),
    ),
    'GET /values-in-two-parts': asked(
      'one of the two enums of the parts of an allOf has one value less',
      all(oneOf('a', 'b'), oneOf('a', 'b', 'c')),
      all(oneOf('a', 'b'), oneOf('a', 'c')),
    ),
    'GET /all-of-refs': answered(
      'a component lost a field that a part of an allOf refers to',
      all(ref('ThinnerParcel'), object({ depot: text })),
      all(ref('ThinnerParcel'), object({ depot: text })),
    ),
  }),
  ...changes('7.3', 1, {
    'GET /alternative-added-to-answer': answered(
      'an answer has one more alternative',
      one(card, cash),
      one(card, cash, wire),
    ),
    'POST /alternative-gone-from-body': taken(
      'a body has one alternative less',
      one(card, cash),
      one(card),
    ),
    'GET /alternative-lost-a-field': answered(
      'a field is gone from an alternative of an answer',
      one(card, cash),
      one(card, object({ kind: oneOf('cash') })),
    ),
    'POST /alternative-needs-a-field': taken(
      'an alternative of a body needs a new field',
      one(card, cash),
      one(card, object({ kind: oneOf('cash'), till: whole, clerk: text })),
    ),
    'GET /any-of-answer': answered(
      'an answer has one more alternative (anyOf)',
      any(card, cash),
      any(card, cash, wire),
    ),
    'POST /any-of-body': taken(
      'a body has one alternative less (anyOf)',
      any(card, cash),
      any(cash),
    ),
    'GET /answer-became-alternatives': answered(
      'an answer is one of two objects now',
      card,
      one(card, cash),
    ),
    'POST /only-one-taken': taken(
      'a body was one of two objects, and is one of them',
      one(card, cash),
      cash,
    ),
    'GET /second-choice-lost-a-field': answered(
      'an answer has a oneOf and an anyOf, and an alternative of the second lost a field',
      { ...one(card, cash), ...any(object({ depot: text }), object({ shop: text, hall: text })) },
      { ...one(card, cash), ...any(object({ depot: text }), object({ shop: text })) },
    ),
    'GET /null-as-alternative': answered(
      'a field may be null now (oneOf)',
      object({ note: text }),
      object({ note: one(text, { type: 'null' }) }),
    ),
    'GET /alternative-of-a-parameter': asked(
      'a parameter has one alternative less',
      one(whole, oneOf('all')),
      one(whole),
    ),
  }),
  ...changes('7.4', 1, {
    'GET /format-gone-from-answer': answered(
      'the format of a field of an answer is gone',
      object({ at: formatted('date-time') }),
      object({ at: text }),
    ),
    'GET /format-of-answer-changed': answered(
      'a field of an answer has another format',
      object({ at: formatted('date-time') }),
      object({ at: formatted('date') }),
    ),
    'GET /format-of-parameter-set': asked('a parameter has a format now', text, formatted('uuid')),
    'POST /format-of-body-changed': taken(
      'a field of a body has another format',
      object({ at: formatted('date-time') }),
      object({ at: formatted('date') }),
    ),
    'GET /pattern-set': asked('a parameter has a pattern now', text, {
      ...text,
      pattern: '^[a-z]+$',
    }),
    'GET /pattern-changed': asked(
      'a parameter has another pattern',
      { ...text, pattern: '^[a-z]+$' },
      { ...text, pattern: '^[a-f]+$' },
    ),
    'POST /longest-is-shorter': taken(
      'the maxLength of a field of a body is lower',
      object({ note: long(200) }),
      object({ note: long(100) }),
    ),
    'POST /shortest-is-longer': taken(
      'the minLength of a field of a body is higher',
      object({ note: text }),
      object({ note: { ...text, minLength: 1 } }),
    ),
    'POST /fewer-elements': taken(
      'an array in a body may have fewer elements',
      object({ tags: { ...list(text), maxItems: 9 } }),
      object({ tags: { ...list(text), maxItems: 5 } }),
    ),
    'GET /longest-is-longer-in-answer': answered(
      'a field of an answer may be longer',
      object({ note: long(100) }),
      object({ note: long(200) }),
    ),
    'GET /may-be-empty': answered(
      'an array of an answer may be empty now',
      { ...list(text), minItems: 1 },
      list(text),
    ),
    'POST /closed-now': taken('a body no longer takes further fields', object({ id: whole }), {
      ...object({ id: whole }),
      additionalProperties: false,
    }),
    'POST /exclusive-maximum': taken(
      'the exclusiveMaximum of a field of a body is lower',
      object({ n: { ...whole, exclusiveMaximum: 9 } }),
      object({ n: { ...whole, exclusiveMaximum: 8 } }),
    ),
    'GET /exclusive-minimum-gone': answered(
      'the exclusiveMinimum of a field of an answer is gone',
      object({ n: { ...whole, exclusiveMinimum: 0 } }),
      object({ n: whole }),
    ),
    'POST /constant-became-whole': taken(
      'a field of a body was a constant text, and is a whole number',
      object({ unit: { const: 'kg' } }),
      object({ unit: whole }),
    ),
    'GET /constant-changed': answered(
      'a constant of an answer is another',
      object({ unit: { const: 'kg' } }),
      object({ unit: { const: 'g' } }),
    ),
    'POST /constant-set': taken(
      'a field of a body is a constant now',
      object({ unit: text }),
      object({ unit: { const: 'kg' } }),
    ),
  }),
];

/** Changes of such schemas that break nobody. */
export const DEEP_HARMLESS: readonly Change[] = changes('7.5', 0, {
  'GET /tree-as-it-was': answered(
    'nothing, in a schema that refers to itself',
    ref('Tree'),
    ref('Tree'),
  ),
  'GET /two-as-they-were': answered(
    'nothing, in two schemas that refer to each other',
    ref('Shelf'),
    ref('Shelf'),
  ),
  'GET /tree-renamed': answered(
    'the name of a component that refers to itself',
    ref('OldName'),
    ref('NewName'),
  ),
  'POST /tree-as-it-was-in-a-body': taken(
    'nothing, in a body that refers to itself',
    ref('Tree'),
    ref('Tree'),
  ),
  'GET /tree-unrolled': answered(
    'the first level of a tree is written out',
    ref('Tree'),
    object({ name: text, under: list(ref('Tree')) }),
  ),
  'GET /moved-between-parts': answered(
    'a field moved from one part of an allOf to another',
    all(object({ id: whole, a: text }), object({ b: text })),
    all(object({ id: whole }), object({ a: text, b: text })),
  ),
  'GET /parts-merged': answered(
    'an allOf became one object',
    all(object({ id: whole }), object({ depot: text })),
    object({ id: whole, depot: text }),
  ),
  'POST /object-became-parts': taken(
    'an object of a body became an allOf',
    object({ id: whole, depot: text }),
    all(object({ id: whole }), object({ depot: text })),
  ),
  'GET /required-in-another-part': answered(
    'a part of an allOf says what is required in another',
    object({ id: whole }),
    all(object({ id: whole }, []), { required: ['id'] }),
  ),
  'GET /part-added-to-answer': answered(
    'the allOf of an answer has one more part',
    all(object({ id: whole })),
    all(object({ id: whole }), object({ depot: text })),
  ),
  'POST /part-gone-from-body': taken(
    'the allOf of a body has one part less',
    all(object({ id: whole }), object({ depot: text })),
    all(object({ id: whole })),
  ),
  'GET /alternative-gone-from-answer': answered(
    'an answer has one alternative less',
    one(card, cash),
    one(card),
  ),
  'POST /alternative-added-to-body': taken(
    'a body has one more alternative',
    one(card, cash),
    one(card, cash, wire),
  ),
  'GET /order-of-alternatives': answered(
    'the order of alternatives',
    one(card, cash),
    one(cash, card),
  ),
  'POST /order-of-alternatives': taken(
    'the order of alternatives of a body',
    one(card, cash),
    one(cash, card),
  ),
  'GET /only-one-answered': answered(
    'an answer was one of two objects, and is one of them',
    one(card, cash),
    cash,
  ),
  'POST /body-became-alternatives': taken(
    'a body is one of two objects now',
    card,
    one(card, cash),
  ),
  'GET /alternative-gained-a-field': answered(
    'an alternative of an answer has one more field',
    one(card, object({ kind: oneOf('cash') })),
    one(card, cash),
  ),
  'GET /format-added-to-answer': answered(
    'a field of an answer has a format now',
    object({ at: text }),
    object({ at: formatted('date-time') }),
  ),
  'GET /format-of-parameter-gone': asked(
    'a parameter has no format any more',
    formatted('uuid'),
    text,
  ),
  'GET /pattern-gone': asked(
    'a parameter has no pattern any more',
    { ...text, pattern: '^[a-z]+$' },
    text,
  ),
  'POST /longest-is-longer': taken(
    'the maxLength of a field of a body is higher',
    object({ note: long(100) }),
    object({ note: long(200) }),
  ),
  'GET /longest-is-shorter-in-answer': answered(
    'a field of an answer is shorter',
    object({ note: long(200) }),
    object({ note: long(100) }),
  ),
  'GET /never-empty': answered('an array of an answer is never empty now', list(text), {
    ...list(text),
    minItems: 1,
  }),
  'POST /open-now': taken(
    'a body takes further fields now',
    { ...object({ id: whole }), additionalProperties: false },
    object({ id: whole }),
  ),
  'POST /constant-became-enum': taken(
    'a constant of a body became an enum that has it',
    object({ unit: { const: 'kg' } }),
    object({ unit: oneOf('kg', 'g') }),
  ),
  'POST /constants-became-types': taken(
    'constants and an enum of a body became the types of their values',
    object({
      unit: { const: 'kg' },
      n: { const: 7 },
      size: { enum: ['S', null] },
      tags: { const: [] },
    }),
    object({ unit: text, n: whole, size: { type: ['string', 'null'] }, tags: list(text) }),
  ),
  'POST /format-and-pattern-as-they-were': taken(
    'a field of a body is new and may be left out, beside fields with a format and a pattern',
    object({ at: formatted('date'), code: { ...text, pattern: '^[a-z]+$' } }),
    object({ at: formatted('date'), code: { ...text, pattern: '^[a-z]+$' }, note: text }, [
      'at',
      'code',
    ]),
  ),
  'GET /closed-answer-gained-a-field': answered(
    'a field is new in an answer that has no others',
    { ...object({ id: whole }), additionalProperties: false },
    { ...object({ id: whole, note: text }), additionalProperties: false },
  ),
  'GET /answer-no-longer-closed': answered(
    'an answer may have further fields now',
    { ...object({ id: whole }), additionalProperties: false },
    object({ id: whole }),
  ),
  'POST /whole-by-two-parts': taken(
    'whole numbers of a body became an allOf of a number and a whole number',
    object({ a: whole, b: whole }),
    object({ a: all(number, whole), b: all(whole, number) }),
  ),
  'GET /type-left-by-a-part': answered(
    'of two types in a part of an allOf, the other part leaves the one that was there',
    object({ n: number }),
    object({ n: all({ type: ['string', 'number'] }, number) }),
  ),
  'GET /rows/{rowId}/places/{placeId}/renamed': {
    what: 'the names of two parameters in the path, and the place of a third in the list',
    old: answering(whole, {
      parameters: [inPath('rowId', whole), inPath('placeId', text), parameter(text)],
    }),
    new: answering(whole, {
      parameters: [parameter(text), inPath('row', whole), inPath('place', text)],
    }),
    newPath: '/rows/{row}/places/{place}/renamed',
  },
  'GET /parcels/{parcelId}/renamed': {
    what: 'the name of a parameter in the path',
    old: answering(whole, {
      parameters: [{ name: 'parcelId', in: 'path', required: true, schema: whole }],
    }),
    new: answering(whole, {
      parameters: [{ name: 'id', in: 'path', required: true, schema: whole }],
    }),
    newPath: '/parcels/{id}/renamed',
  },
});

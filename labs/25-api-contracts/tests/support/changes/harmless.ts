import {
  answered,
  answering,
  asked,
  asking,
  bodyOf,
  type Change,
  changes,
  content,
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

/** Changes that break nobody. */
export const HARMLESS: readonly Change[] = changes('5.5', 0, {
  'GET /field-added': answered(
    'a field of an answer is new',
    ref('RicherParcel'),
    ref('RicherParcel'),
  ),
  'GET /field-always-there': answered(
    'a field of an answer is always there now',
    object({ id: whole, note: text }, ['id']),
    object({ id: whole, note: text }),
  ),
  'GET /value-removed-from-answer': answered(
    'an enum of an answer has one value less',
    object({ type: oneOf('a', 'b') }),
    object({ type: oneOf('a') }),
  ),
  'GET /values-bound-in-answer': answered(
    'a field of an answer has an enum now',
    object({ type: text }),
    object({ type: oneOf('a') }),
  ),
  'GET /never-null': answered(
    'a field of an answer is never null now',
    object({ note: { type: ['string', 'null'] } }),
    object({ note: text }),
  ),
  'GET /answer-became-whole': answered(
    'a field of an answer was a number and is an integer',
    object({ weight: number }),
    object({ weight: whole }),
  ),
  'GET /value-added-to-parameter': asked(
    'an enum of a parameter has one more value',
    oneOf('a', 'b'),
    oneOf('a', 'b', 'c'),
  ),
  'GET /values-open': asked('a parameter lost its enum', oneOf('a', 'b'), text),
  'GET /maximum-raised': asked(
    'the maximum of a parameter is higher',
    { ...whole, minimum: 1, maximum: 100, default: 50 },
    { ...whole, minimum: 1, maximum: 1000, default: 50 },
  ),
  'GET /minimum-lowered': asked(
    'the minimum of a parameter is lower',
    { ...whole, minimum: 1 },
    { ...whole, minimum: 0 },
  ),
  'GET /bounds-gone': asked(
    'a parameter has no bounds any more',
    { ...whole, minimum: 1, maximum: 9 },
    whole,
  ),
  'GET /parameter-takes-fractions': asked(
    'a parameter was an integer and is a number',
    whole,
    number,
  ),
  'GET /optional-parameter-added': {
    what: 'a parameter is new and may be left out',
    old: answering(whole),
    new: asking(text),
  },
  'GET /optional-header-added': {
    what: 'a header is new and may be left out',
    old: answering(whole),
    new: asking(text, { in: 'header' }),
  },
  'GET /parameter-made-optional': {
    what: 'a parameter may be left out now',
    old: asking(text, { required: true }),
    new: asking(text),
  },
  'POST /field-made-optional': taken(
    'a field of a body may be left out now',
    object({ id: whole, note: text }),
    object({ id: whole, note: text }, ['id']),
  ),
  'POST /optional-field-added': taken(
    'a field of a body is new and may be left out',
    object({ id: whole }),
    object({ id: whole, note: text }, ['id']),
  ),
  'POST /value-added-to-body': taken(
    'an enum of a body has one more value',
    object({ type: oneOf('a') }),
    object({ type: oneOf('a', 'b') }),
  ),
  'POST /null-taken': taken(
    'a field of a body may be null now',
    object({ note: text }),
    object({ note: { type: ['string', 'null'] } }),
  ),
  'POST /body-made-optional': {
    what: 'a body may be left out now',
    old: taking(parcel),
    new: taking(parcel, { required: false }),
  },
  'POST /type-of-body-added': {
    what: 'a body is also taken as XML',
    old: taking(parcel),
    new: answering(
      whole,
      bodyOf(parcel, { content: { ...content(parcel), ...content(text, 'application/xml') } }),
    ),
  },
  'GET /key-no-longer-needed': {
    what: 'an operation needs no key any more',
    old: secured({ key: [] }),
    new: answering(whole),
  },
  'GET /alternative-added': {
    what: 'a login is also enough',
    old: secured({ key: [] }),
    new: secured({ key: [] }, { login: ['read'] }),
  },
  'GET /scope-dropped': {
    what: 'an operation needs one scope less',
    old: secured({ login: ['read', 'write'] }),
    new: secured({ login: ['read'] }),
  },
  'GET /parameter-of-its-own': {
    what: 'nothing, in an operation whose parameter replaces one of its path',
    old: asking({ ...whole, maximum: 1000 }),
    new: asking({ ...whole, maximum: 1000 }),
    shared: {
      old: { parameters: [parameter(oneOf('a'))] },
      new: { parameters: [parameter(oneOf('a'))] },
    },
  },
  'GET /words-and-order': {
    what: 'descriptions, the order of fields, and a schema that moved to a component',
    old: answering(object({ note: text, weight: number, id: whole }), { summary: 'A parcel' }),
    new: answering(ref('MovedParcel'), { summary: 'One parcel', description: 'By its number.' }),
  },
  'GET /order-of-values': asked(
    'the order of the values of an enum',
    oneOf('a', 'b', 'c'),
    oneOf('c', 'a', 'b'),
  ),
});

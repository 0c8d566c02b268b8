import type { Schema } from './document.ts';

/** One thing that a schema says: about `answer 200.items[].id`, `is of type`, `integer`. */
export interface Fact {
  readonly about: string;
  readonly rule: string;
  readonly value?: unknown;
  /** The object that it is in, if it is a field. */
  readonly parent?: string;
  /** Of the rule `follows one of`: the facts of each alternative. */
  readonly alternatives?: readonly (readonly Fact[])[];
}

/** How deep a schema that refers to itself is written out. Its first level already shows what it says. */
const DEPTH = 6;

const AT_MOST = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];
const AT_LEAST = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];

/** Everything that a schema says about a value, one fact for each thing. */
export function factsOf(schema: Schema = {}, about: string, above: readonly Schema[] = []): Fact[] {
  if (above.length >= DEPTH && above.includes(schema)) return [];
  const inside = [...above, schema];
  const {
    type,
    required = [],
    properties = {},
    items,
    allOf = [],
  } = schema as {
    type?: string | string[];
    required?: string[];
    properties?: Record<string, Schema>;
    items?: Schema;
    allOf?: Schema[];
  };
  const said = (keyword: string, rule = keyword): Fact[] =>
    schema[keyword] === undefined ? [] : [{ about, rule, value: schema[keyword] }];
  return [
    { about, rule: 'is known' },
    ...(type === undefined ? [] : [{ about, rule: 'is of type', value: [type].flat() }]),
    ...said('enum', 'is one of'),
    ...('const' in schema ? [{ about, rule: 'is one of', value: [schema['const']] }] : []),
    ...[...AT_MOST, ...AT_LEAST, 'format', 'pattern'].flatMap((keyword) => said(keyword)),
    ...(schema['additionalProperties'] === false
      ? [{ about, rule: 'has no fields but', value: Object.keys(properties) }]
      : []),
    ...required.map((name) => ({ about: `${about}.${name}`, rule: 'is there', parent: about })),
    ...Object.entries(properties).flatMap(([name, each]) =>
      factsOf(each, `${about}.${name}`, inside),
    ),
    ...(items === undefined ? [] : factsOf(items, `${about}[]`, inside)),
    // All parts hold for the same value, so their facts are facts about it.
    ...allOf.flatMap((part) => factsOf(part, about, inside)),
    ...['oneOf', 'anyOf'].flatMap((keyword) => {
      const schemas = schema[keyword] as Schema[] | undefined;
      if (!schemas) return [];
      const alternatives = schemas.map((each) => factsOf(each, about, inside));
      return [{ about, rule: 'follows one of', alternatives }];
    }),
  ];
}

/** Whether a fact is true wherever all the others are. */
export function follows(fact: Fact, from: readonly Fact[]): boolean {
  if (from.some((known) => known.about === fact.about && implies(known, fact))) return true;
  if (fact.alternatives?.some((facts) => facts.every((each) => follows(each, from)))) return true;
  // By cases: whichever alternative of a choice holds, the fact is true.
  return from.some((known) => {
    if (!known.alternatives) return false;
    const rest = from.filter((each) => each !== known);
    return known.alternatives.every((facts) => follows(fact, [...rest, ...facts]));
  });
}

function implies(known: Fact, fact: Fact): boolean {
  const [is, must] = [known.value, fact.value];
  if (known.rule === 'is one of' && fact.rule === 'is of type') {
    return (is as unknown[]).every((value) => hasType(typeOf(value), must as string[]));
  }
  if (known.rule !== fact.rule || fact.alternatives) return false;
  if (fact.rule === 'is of type')
    return (is as string[]).every((each) => hasType(each, must as string[]));
  if (fact.rule === 'is one of')
    return (is as unknown[]).every((each) => (must as unknown[]).includes(each));
  if (fact.rule === 'has no fields but')
    return (is as unknown[]).every((each) => (must as unknown[]).includes(each));
  if (AT_MOST.includes(fact.rule)) return Number(is) <= Number(must);
  if (AT_LEAST.includes(fact.rule)) return Number(is) >= Number(must);
  return is === must;
}

const hasType = (type: string, allowed: readonly string[]): boolean =>
  allowed.includes(type) || (type === 'integer' && allowed.includes('number'));

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json } from './json.ts';

/** A `format` is a note here. */
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

/** The faults that a schema finds in a value, and the fields that it does not describe. */
export function faultsOf(schema: Json, value: unknown): string[] {
  let validate;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    return [`its schema is not a JSON Schema: ${error instanceof Error ? error.message : 'no'}`];
  }
  const found = validate(value) ? [] : (validate.errors ?? []);
  const wrong = found.map(
    ({ instancePath, message }) => `${instancePath || 'the body'} ${message}`,
  );
  return [...new Set([...wrong.slice(0, 5), ...unknownIn(schema, value, '')])];
}

/** Of an object, its parts included if it is composed; undefined if there are none. */
function propertiesOf(schema: Json): Readonly<Record<string, Json>> | undefined {
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => (schema[name] ?? []) as Json[]);
  const all = [
    ...parts.map(propertiesOf),
    schema['properties'] as Record<string, Json> | undefined,
  ];
  return all.some(Boolean) ? Object.assign({}, ...all) : undefined;
}

/** Fields that are in a value and in no schema. */
function unknownIn(schema: Json, value: unknown, at: string): string[] {
  if (Array.isArray(value)) {
    const items = schema['items'] as Json | undefined;
    return items
      ? value.flatMap((each) => unknownIn(items, each, `${at}/*`))
      : [`${at}/* is not described`];
  }
  if (typeof value !== 'object' || value === null) return [];
  const properties = propertiesOf(schema) ?? {};
  return Object.entries(value).flatMap(([name, each]) => {
    const known = properties[name];
    return known ? unknownIn(known, each, `${at}/${name}`) : [`${at}/${name} is not described`];
  });
}

import type { Interaction } from './consumer-contract.ts';
import type { Schema } from './document.ts';

type Expected = Interaction['response'];

/** What a client expects, as a JSON Schema of the whole answer: `status`, `headers` and `body`. */
export function schemaOf({ status, headers = {}, body, rules = {} }: Expected): Schema {
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return objectWith({
    status: { const: status },
    headers: objectWith(
      Object.fromEntries(lowered.map(([name, value]) => [name, { const: value }])),
    ),
    ...(body !== undefined && { body: like(body, rules, '$') }),
  });
}

const objectWith = (properties: Readonly<Record<string, unknown>>): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

/** The schema of the values that do for an example. */
function like(example: unknown, rules: NonNullable<Expected['rules']>, at: string): Schema {
  if (Array.isArray(example)) {
    const elements = example.map((each) => like(each, rules, `${at}[*]`));
    if (rules[at] === 'each') return { type: 'array', minItems: 1, items: elements[0] ?? {} };
    const size = { minItems: elements.length, maxItems: elements.length };
    return { type: 'array', ...size, ...(elements.length > 0 && { prefixItems: elements }) };
  }
  if (typeof example === 'object' && example !== null) {
    const fields = Object.entries(example).map(([name, each]) => [
      name,
      like(each, rules, `${at}.${name}`),
    ]);
    return objectWith(Object.fromEntries(fields));
  }
  if (rules[at] !== 'type') return { const: example };
  return { type: example === null ? 'null' : typeof example };
}

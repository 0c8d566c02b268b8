import type { Document } from './contract-facts.ts';

type Schemas = Readonly<Record<string, unknown>>;

/**
 * The document with a schema in the place of each reference that is left, which are those to schemas
 * that hold themselves. Inside itself such a schema stays a name.
 */
export function unfolded(document: Document): Document {
  const { schemas = {} } = (document['components'] ?? {}) as { schemas?: Schemas };
  return unfold(document, schemas, []) as Document;
}

function unfold(value: unknown, schemas: Schemas, inside: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => unfold(each, schemas, inside));
  const { $ref: reference } = value as { $ref?: unknown };
  if (typeof reference === 'string') {
    if (inside.includes(reference)) return value;
    const name = reference.replace('#/components/schemas/', '');
    return unfold(schemas[name], schemas, [...inside, reference]);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, unfold(each, schemas, inside)]),
  );
}

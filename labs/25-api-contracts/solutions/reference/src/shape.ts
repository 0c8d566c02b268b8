import { randomUUID } from 'node:crypto';
import type { Schema } from './document.ts';

type Alternatives = readonly Schema[];

const BOUNDS = {
  maximum: Math.min,
  exclusiveMaximum: Math.min,
  maxLength: Math.min,
  maxItems: Math.min,
  minimum: Math.max,
  exclusiveMinimum: Math.max,
  minLength: Math.max,
  minItems: Math.max,
} as const;
export type Bound = keyof typeof BOUNDS;
export const isUpper = (bound: Bound): boolean => BOUNDS[bound] === Math.min;

const ids = new WeakMap<Schema, string>();

function idOf(schema: Schema): string {
  const id = ids.get(schema) ?? randomUUID();
  ids.set(schema, id);
  return id;
}

/** Schemas that all hold for one value, their `allOf` included, as one. */
export class Shape {
  types: readonly string[] | undefined;
  /** Of `enum` and `const`. */
  values: readonly unknown[] | undefined;
  readonly bounds = new Map<Bound, number>();
  readonly formats = new Set<string>();
  readonly patterns = new Set<string>();
  readonly required = new Set<string>();
  readonly properties = new Map<string, readonly Schema[]>();
  items: readonly Schema[] = [];
  /** Whether an object has no other fields. */
  closed = false;
  /** Of each `oneOf` and `anyOf`, one schema holds. */
  readonly choices: Alternatives[] = [];
  readonly #schemas: readonly Schema[];
  readonly #chosen: ReadonlyMap<Alternatives, Schema>;
  readonly #all = new Set<Schema>();

  /** @param chosen of some `oneOf` or `anyOf` in the schemas, the one that holds. */
  constructor(
    schemas: readonly Schema[],
    chosen: ReadonlyMap<Alternatives, Schema> = new Map<Alternatives, Schema>(),
  ) {
    this.#schemas = schemas;
    this.#chosen = chosen;
    for (const schema of schemas) this.#add(schema);
  }

  /** The same for shapes of the same schemas. */
  get key(): string {
    return [...this.#all].map(idOf).join();
  }

  /** One shape for each alternative of the first choice. */
  get alternatives(): Shape[] {
    const [choice = []] = this.choices;
    return choice.map(
      (each) => new Shape(this.#schemas, new Map([...this.#chosen, [choice, each]])),
    );
  }

  #add(schema: Schema): void {
    this.#all.add(schema);
    const said = schema as Readonly<Record<string, never>>;
    if (said['type'] !== undefined) this.types = bothTypes(this.types, [said['type']].flat());
    if (said['enum'] !== undefined) this.values = both(this.values, said['enum']);
    if ('const' in said) this.values = both(this.values, [said['const']]);
    for (const [bound, tighter] of Object.entries(BOUNDS) as [Bound, typeof Math.min][]) {
      const value: unknown = said[bound];
      if (typeof value !== 'number') continue;
      this.bounds.set(bound, tighter(value, this.bounds.get(bound) ?? value));
    }
    if (said['format'] !== undefined) this.formats.add(said['format']);
    if (said['pattern'] !== undefined) this.patterns.add(said['pattern']);
    for (const name of (said['required'] ?? []) as string[]) this.required.add(name);
    for (const [name, each] of Object.entries<Schema>(said['properties'] ?? {})) {
      this.properties.set(name, [...(this.properties.get(name) ?? []), each]);
    }
    if (said['items'] !== undefined) this.items = [...this.items, said['items']];
    if (said['additionalProperties'] === false) this.closed = true;
    for (const choice of [said['oneOf'], said['anyOf']] as (Alternatives | undefined)[]) {
      if (!choice) continue;
      const chosen = this.#chosen.get(choice);
      if (chosen) this.#add(chosen);
      else this.choices.push(choice);
    }
    for (const part of (said['allOf'] ?? []) as Schema[]) this.#add(part);
  }
}

function both(known: readonly unknown[] | undefined, more: readonly unknown[]): readonly unknown[] {
  return known ? known.filter((each) => more.includes(each)) : more;
}

/** Every integer is a number. */
function bothTypes(known: readonly string[] | undefined, more: readonly string[]): string[] {
  if (!known) return [...more];
  const within = (some: readonly string[], all: readonly string[]): string[] =>
    some.filter((each) => all.includes(each) || (each === 'integer' && all.includes('number')));
  return [...new Set([...within(known, more), ...within(more, known)])];
}

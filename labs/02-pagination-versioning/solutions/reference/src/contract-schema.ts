import { isDeepStrictEqual } from 'node:util';

/** The part of JSON Schema that a contract of ours uses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];
const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
/** Whether one implies another is beyond us: any change may matter. */
const OPAQUE = ['format', 'pattern', 'const', 'allOf', 'anyOf', 'oneOf', 'not', '$ref'];

/** Two schemas that are being compared. */
type Pair = readonly [from: Schema, to: Schema];

/**
 * Reasons why a value that `from` allows may not be allowed by `to`; none when `from` is the
 * narrower of the two.
 *
 * @param outer what is compared already: a schema may hold itself.
 */
export function misfits(
  from: Schema,
  to: Schema,
  at: string,
  outer: readonly Pair[] = [],
): string[] {
  if (outer.some((pair) => pair[0] === from && pair[1] === to)) return [];
  const inside: readonly Pair[] = [...outer, [from, to]];
  return [
    ...typeMisfits(from, to, at),
    ...valueMisfits(from, to, at),
    ...UPPER.filter((name) => !within(from[name], to[name], (a, b) => a <= b)).map(
      (name) => `${at}: ${name} ${said(from[name])} does not keep to ${said(to[name])}`,
    ),
    ...LOWER.filter((name) => !within(from[name], to[name], (a, b) => a >= b)).map(
      (name) => `${at}: ${name} ${said(from[name])} does not keep to ${said(to[name])}`,
    ),
    ...OPAQUE.filter(
      (name) => to[name] !== undefined && !isDeepStrictEqual(from[name], to[name]),
    ).map((name) => `${at}: ${name} differs`),
    ...fieldMisfits(from, to, at, inside),
    ...(from.items && to.items ? misfits(from.items, to.items, `${at}[]`, inside) : []),
  ];
}

function typeMisfits(from: Schema, to: Schema, at: string): string[] {
  if (to.type === undefined) return [];
  const allowed = [to.type].flat();
  const stray = [from.type ?? 'anything']
    .flat()
    .filter(
      (type) => !allowed.includes(type) && !(type === 'integer' && allowed.includes('number')),
    );
  return stray.map((type) => `${at}: ${type} is not ${allowed.join(' or ')}`);
}

function valueMisfits(from: Schema, to: Schema, at: string): string[] {
  const { enum: allowed } = to;
  if (!allowed) return [];
  if (!from.enum) return [`${at}: any value is not one of ${allowed.join(', ')}`];
  const stray = from.enum.filter((value) => !allowed.includes(value));
  return stray.map((value) => `${at}: ${String(value)} is not one of ${allowed.join(', ')}`);
}

function fieldMisfits(from: Schema, to: Schema, at: string, inside: readonly Pair[]): string[] {
  const sure = from.required ?? [];
  const missing = (to.required ?? []).filter((name) => !sure.includes(name));
  const shared = Object.entries(to.properties ?? {}).flatMap(([name, schema]) => {
    const given = from.properties?.[name];
    return given ? misfits(given, schema, `${at}.${name}`, inside) : [];
  });
  return [...missing.map((name) => `${at}.${name} may be missing`), ...shared];
}

function within(from: unknown, to: unknown, holds: (a: number, b: number) => boolean): boolean {
  if (typeof to !== 'number') return true;
  return typeof from === 'number' && holds(from, to);
}

const said = (bound: unknown): string => (typeof bound === 'number' ? String(bound) : 'none');

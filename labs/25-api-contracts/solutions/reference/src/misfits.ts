import { type Bound, isUpper, Shape } from './shape.ts';

/** A closed object takes no further fields in a request; an answer may always have more. */
export type Side = 'request' | 'answer';

/**
 * Reasons why a value that `from` allows may not be allowed by `to`; none if `from` is the narrower
 * of the two.
 *
 * @param outer the pairs that are being compared already: a schema may hold itself.
 */
export function misfits(
  from: Shape,
  to: Shape,
  at: string,
  side: Side,
  outer: ReadonlySet<string> = new Set(),
): string[] {
  const pair = `${from.key} against ${to.key}`;
  if (outer.has(pair)) return [];
  const inside = new Set([...outer, pair]);
  const compare = (one: Shape, other: Shape, where = at): string[] =>
    misfits(one, other, where, side, inside);

  // Whichever alternative a value follows, it has to fit.
  if (from.choices.length > 0) return from.alternatives.flatMap((each) => compare(each, to));
  return [
    ...typeMisfits(from, to, at),
    ...valueMisfits(from, to, at),
    ...boundMisfits(from, to, at),
    ...[...to.formats]
      .filter((each) => !from.formats.has(each))
      .map((each) => `${at}: format ${each}`),
    ...[...to.patterns]
      .filter((each) => !from.patterns.has(each))
      .map((each) => `${at}: pattern ${each}`),
    ...fieldMisfits(from, to, at, side),
    ...[...to.properties].flatMap(([name, schemas]) => {
      const given = from.properties.get(name);
      return given ? compare(new Shape(given), new Shape(schemas), `${at}.${name}`) : [];
    }),
    ...(from.items.length > 0
      ? compare(new Shape(from.items), new Shape(to.items), `${at}[]`)
      : []),
    // It is enough to fit one alternative. If it fits none, the nearest one says why.
    ...to.choices.flatMap((choice) => {
      const reasons = choice.map((each) => compare(from, new Shape([each])));
      return reasons.toSorted((a, b) => a.length - b.length)[0] ?? [];
    }),
  ];
}

function typeMisfits({ types, values }: Shape, to: Shape, at: string): string[] {
  const allowed = to.types;
  if (!allowed) return [];
  const given = types ?? (values ? [...new Set(values.map(typeOf))] : ['anything']);
  return given
    .filter(
      (each) => !allowed.includes(each) && !(each === 'integer' && allowed.includes('number')),
    )
    .map((each) => `${at}: ${each} is not ${allowed.join(' or ')}`);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function valueMisfits(from: Shape, to: Shape, at: string): string[] {
  const allowed = to.values;
  if (!allowed) return [];
  if (!from.values) return [`${at}: any value, not only ${allowed.join(', ')}`];
  return from.values
    .filter((each) => !allowed.includes(each))
    .map((each) => `${at}: ${String(each)} is not one of ${allowed.join(', ')}`);
}

function boundMisfits(from: Shape, to: Shape, at: string): string[] {
  const looser = (bound: Bound, value: number): boolean => {
    const given = from.bounds.get(bound);
    return given === undefined || (isUpper(bound) ? given > value : given < value);
  };
  return [...to.bounds]
    .filter(([bound, value]) => looser(bound, value))
    .map(([bound, value]) => `${at} may be outside ${bound} ${value}`);
}

function fieldMisfits(from: Shape, to: Shape, at: string, side: Side): string[] {
  const missing = [...to.required].filter((name) => !from.required.has(name));
  const closes = side === 'request' && to.closed && !from.closed;
  return [
    ...missing.map(
      (name) => `${at}.${name} is ${from.properties.has(name) ? 'not always there' : 'not there'}`,
    ),
    ...(closes ? [`${at}: further fields are not taken`] : []),
  ];
}

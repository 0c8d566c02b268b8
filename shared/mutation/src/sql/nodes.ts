import type { Node } from '@pgsql/types';

/** Numbers of the parameters (`$1`) in a piece of a syntax tree. */
export function parametersOf(tree: unknown, found = new Set<number>()): Set<number> {
  if (typeof tree !== 'object' || tree === null) return found;
  if ('ParamRef' in tree) found.add((tree.ParamRef as { number?: number }).number ?? 0);
  for (const child of Object.values(tree)) parametersOf(child, found);
  return found;
}

/** The first place in the text that a piece of a tree names, in bytes. */
export function locationOf(tree: unknown): number | undefined {
  if (typeof tree !== 'object' || tree === null) return undefined;
  const own = 'location' in tree && typeof tree.location === 'number' ? [tree.location] : [];
  const below = Object.values(tree).flatMap((child) => locationOf(child) ?? []);
  const places = [...own, ...below].filter((place) => place >= 0);
  return places.length > 0 ? Math.min(...places) : undefined;
}

const FALSE: Node = { A_Const: { boolval: {} } };
export const TRUE: Node = { A_Const: { boolval: { boolval: true } } };
export const NULL: Node = { A_Const: { isnull: true } };

/**
 * `now`, with the parameters of `was` still in it: the service passes as many values as before, and
 * Postgres must still be able to tell their types.
 */
export function keepingParameters(was: Node, now: Node): Node {
  if (!losesParameters(was, now)) return now;
  return { CaseExpr: { args: [{ CaseWhen: { expr: FALSE, result: was } }], defresult: now } };
}

export function losesParameters(was: Node, now: Node): boolean {
  const left = parametersOf(now);
  return [...parametersOf(was)].some((parameter) => !left.has(parameter));
}

/** A condition that lets every row pass; one with parameters keeps them. */
export function withoutEffect(condition: Node): Node | undefined {
  if (parametersOf(condition).size === 0) return undefined;
  return { BoolExpr: { boolop: 'OR_EXPR', args: [condition, TRUE] } };
}

/** `table.column`, or the column alone. */
export function columnRef(...names: readonly string[]): Node {
  return { ColumnRef: { fields: names.map((sval): Node => ({ String: { sval } })) } };
}

/** `value::type` */
export function cast(value: Node, type: string): Node {
  const names = ['pg_catalog', type].map((sval): Node => ({ String: { sval } }));
  return { TypeCast: { arg: value, typeName: { names, typemod: -1 } } };
}

export function integer(value: number): Node {
  return { A_Const: { ival: { ival: value } } };
}

/** The tree without what only says where in the text it stood, keys in order: two that are equal mean the same. */
export function shapeOf(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => {
    if (PLACES.has(key)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

const PLACES = new Set([
  'location',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
  'stmt_location',
  'stmt_len',
  'isParen',
]);

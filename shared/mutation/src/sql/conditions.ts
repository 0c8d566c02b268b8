import type { Node } from '@pgsql/types';
import { withoutEffect } from './nodes.ts';
import { bodyOf, type Site } from './site.ts';

type Clause = 'whereClause' | 'havingClause';
type Holder = { [Name in Clause]?: Node };

/** Drops a clause's condition, or each conjunct of it. Its parameters stay. */
export function dropConditions<Body>(
  body: Body,
  site: Site<Body>,
  clause: Clause,
  holderIn: (body: Body) => Holder | undefined,
): void {
  const condition = holderIn(body)?.[clause];
  if (!condition || isPlaceholder(condition)) return;
  const conjuncts = conjunctsOf(condition);
  if (!conjuncts) {
    site.edit(
      'drop-condition',
      (copy) => put(holderIn(copy), clause, withoutEffect(condition)),
      condition,
    );
    return;
  }
  for (const [at, conjunct] of conjuncts.entries()) {
    if (isPlaceholder(conjunct)) continue;
    const left = withoutEffect(conjunct);
    site.edit(
      'drop-conjunct',
      (copy) => {
        const args = conjuncts.toSpliced(at, 1, ...(left ? [left] : []));
        const rest =
          args.length > 1 ? { BoolExpr: { boolop: 'AND_EXPR', args } as const } : args[0];
        put(holderIn(copy), clause, structuredClone(rest));
      },
      conjunct,
    );
  }
}

function put(holder: Holder | undefined, clause: Clause, condition: Node | undefined): void {
  if (!holder) return;
  if (condition) holder[clause] = condition;
  else delete holder[clause];
}

function conjunctsOf(condition: Node): readonly Node[] | undefined {
  const all = bodyOf(condition, 'BoolExpr');
  return all?.boolop === 'AND_EXPR' ? all.args : undefined;
}

/** A condition that the service puts together elsewhere. */
function isPlaceholder(condition: Node): boolean {
  const [field] = bodyOf(condition, 'ColumnRef')?.fields ?? [];
  return bodyOf(field, 'String')?.sval?.startsWith('__hole') ?? false;
}

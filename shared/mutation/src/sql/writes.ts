import type { Node, ReturningClause } from '@pgsql/types';
import { dropConditions } from './conditions.ts';
import { columnRef, keepingParameters } from './nodes.ts';
import { bodyOf, type Operators, type Site } from './site.ts';

/** Changes of what a statement writes: its rows, its columns, what it does about a conflict. */
export const WRITES: Operators = {
  InsertStmt(body, site) {
    returning(body, site);
    const conflict = body.onConflictClause;
    if (!conflict) return;
    site.edit('drop-on-conflict', (copy) => delete copy.onConflictClause, conflict);
    if (conflict.action === 'ONCONFLICT_UPDATE') {
      site.edit(
        'update-to-do-nothing',
        (copy) => {
          if (!copy.onConflictClause) return;
          copy.onConflictClause.action = 'ONCONFLICT_NOTHING';
          delete copy.onConflictClause.targetList;
          delete copy.onConflictClause.whereClause;
        },
        conflict,
      );
    }
    dropConditions(body, site, 'whereClause', (copy) => copy.onConflictClause);
    const table = body.relation?.alias?.aliasname ?? body.relation?.relname ?? '';
    assignments(conflict.targetList, site, (copy) => copy.onConflictClause?.targetList, [table]);
  },
  UpdateStmt(body, site) {
    dropConditions(body, site, 'whereClause', (copy) => copy);
    assignments(body.targetList, site, (copy) => copy.targetList);
    returning(body, site);
  },
  DeleteStmt(body, site) {
    dropConditions(body, site, 'whereClause', (copy) => copy);
    returning(body, site);
  },
  TransactionStmt(body, site) {
    site.replace(`drop-${(body.kind ?? '').replace('TRANS_STMT_', '').toLowerCase()}`, () => ({
      SelectStmt: { limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
    }));
  },
};

/**
 * Drops each SET of several. One with parameters sets the column to itself.
 *
 * @param table where the column's name alone is ambiguous.
 */
function assignments<Body>(
  targets: readonly Node[] | undefined,
  site: Site<Body>,
  targetsIn: (body: Body) => Node[] | undefined,
  table: readonly string[] = [],
): void {
  if (!targets || targets.length < 2) return;
  for (const [at, target] of targets.entries()) {
    const { name = '', val } = bodyOf(target, 'ResTarget') ?? {};
    if (!val) continue;
    const same = keepingParameters(val, columnRef(...table, name));
    site.edit(
      `drop-set ${name}`,
      (copy) => {
        const all = targetsIn(copy);
        if (!('CaseExpr' in same)) return void all?.splice(at, 1);
        const own = bodyOf(all?.[at], 'ResTarget');
        if (own) own.val = structuredClone(same);
      },
      target,
    );
  }
}

function returning<Body extends { returningClause?: ReturningClause }>(
  body: Body,
  site: Site<Body>,
): void {
  const columns = body.returningClause?.exprs ?? [];
  if (columns.length < 2) return;
  for (const [at, column] of columns.entries()) {
    site.edit('drop-returning', (copy) => copy.returningClause?.exprs?.splice(at, 1), column);
  }
}

import type { Node, SelectStmt } from '@pgsql/types';
import { dropConditions } from './conditions.ts';
import { cast, integer, parametersOf, TRUE } from './nodes.ts';
import { bodyOf, type Operators, type Site } from './site.ts';

/** More rows than any table of a lab has. */
const EVERY_ROW = 100_000_000;

/** Changes of what a query reads: conditions, locks, order, limit, joins. */
export const QUERIES: Operators = {
  SelectStmt(body, site) {
    dropConditions(body, site, 'whereClause', (copy) => copy);
    dropConditions(body, site, 'havingClause', (copy) => copy);
    locks(body, site);
    order(body, site);
    limit(body, site);
    if (body.distinctClause) site.edit('drop-distinct', (copy) => delete copy.distinctClause);
    const groups = body.groupClause ?? [];
    for (const [at, group] of groups.length > 1 ? groups.entries() : []) {
      site.edit('drop-group-by', (copy) => copy.groupClause?.splice(at, 1), group);
    }
    if (body.op === 'SETOP_UNION') {
      site.edit('flip-union-all', (copy) => {
        copy.all = !copy.all;
      });
    }
  },
  JoinExpr(body, site) {
    if (body.quals) {
      site.edit(
        'join-on-true',
        (copy) => {
          copy.quals = TRUE;
        },
        body.quals,
      );
    }
    if (body.jointype === 'JOIN_LEFT') {
      site.edit('left-to-inner-join', (copy) => {
        copy.jointype = 'JOIN_INNER';
      });
    }
  },
};

function locks(body: SelectStmt, site: Site<SelectStmt>): void {
  if (!body.lockingClause) return;
  site.edit('drop-for-update', (copy) => delete copy.lockingClause);
  for (const [at, lock] of body.lockingClause.entries()) {
    const policy = bodyOf(lock, 'LockingClause')?.waitPolicy;
    if (policy !== 'LockWaitSkip' && policy !== 'LockWaitError') continue;
    site.edit(policy === 'LockWaitSkip' ? 'drop-skip-locked' : 'drop-nowait', (copy) => {
      const clause = bodyOf(copy.lockingClause?.[at], 'LockingClause');
      if (clause) clause.waitPolicy = 'LockWaitBlock';
    });
  }
}

function order(body: SelectStmt, site: Site<SelectStmt>): void {
  const terms = body.sortClause ?? [];
  for (const [at, term] of terms.entries()) {
    site.edit(
      'flip-order-by',
      (copy) => {
        const sort = bodyOf(copy.sortClause?.[at], 'SortBy');
        if (!sort) return;
        sort.sortby_dir = sort.sortby_dir === 'SORTBY_DESC' ? 'SORTBY_ASC' : 'SORTBY_DESC';
      },
      term,
    );
    site.edit(
      'drop-order-by',
      (copy) => {
        const left = terms.toSpliced(at, 1);
        if (left.length > 0) copy.sortClause = structuredClone(left);
        else delete copy.sortClause;
      },
      term,
    );
  }
}

function limit(body: SelectStmt, site: Site<SelectStmt>): void {
  const { limitCount } = body;
  if (limitCount) site.edit('drop-limit', (copy) => dropLimit(copy, limitCount), limitCount);
  if (body.limitOffset && parametersOf(body.limitOffset).size === 0) {
    site.edit('drop-offset', (copy) => delete copy.limitOffset, body.limitOffset);
  }
}

function dropLimit(body: SelectStmt, count: Node): void {
  if (parametersOf(count).size > 0) {
    const args = [cast(count, 'int8'), integer(EVERY_ROW)];
    body.limitCount = { MinMaxExpr: { op: 'IS_GREATEST', args } };
    return;
  }
  delete body.limitCount;
  if (!body.limitOffset) body.limitOption = 'LIMIT_OPTION_DEFAULT';
}

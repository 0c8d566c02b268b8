import type { ColumnDef, Constraint, CreateStmt, IndexStmt } from '@pgsql/types';
import { bodyOf, type Operators, type Site } from './site.ts';

/** Changes of what a migration makes: constraints, indexes, and how they are built. */
export const SCHEMA: Operators = {
  CreateStmt(body, site) {
    if (body.if_not_exists) site.edit('drop-if-not-exists', (copy) => delete copy.if_not_exists);
    for (const at of (body.tableElts ?? []).keys()) {
      columnConstraints(body, site, at);
      tableConstraint(body, site, at);
    }
  },
  AlterTableCmd(body, site) {
    const column = bodyOf(body.def, 'ColumnDef');
    for (const [at, each] of (column?.constraints ?? []).entries()) {
      site.edit(
        `drop-constraint ${nameOf(bodyOf(each, 'Constraint'))}`,
        (copy) => {
          dropAt(bodyOf(copy.def, 'ColumnDef'), at);
        },
        each,
      );
    }
  },
  IndexStmt(body, site) {
    indexColumns(body, site);
    if (body.unique) site.edit('drop-unique', (copy) => delete copy.unique);
    if (body.concurrent) site.edit('drop-concurrently', (copy) => delete copy.concurrent);
    if (body.if_not_exists) site.edit('drop-if-not-exists', (copy) => delete copy.if_not_exists);
    if (body.whereClause) site.edit('drop-index-where', (copy) => delete copy.whereClause);
  },
  DropStmt(body, site) {
    if (body.concurrent) site.edit('drop-concurrently', (copy) => delete copy.concurrent);
    if (body.missing_ok) site.edit('drop-if-exists', (copy) => delete copy.missing_ok);
  },
};

function columnConstraints(body: CreateStmt, site: Site<CreateStmt>, element: number): void {
  const column = bodyOf(body.tableElts?.[element], 'ColumnDef');
  for (const [at, each] of (column?.constraints ?? []).entries()) {
    const what = `${nameOf(bodyOf(each, 'Constraint'))} ${column?.colname}`;
    site.edit(
      `drop-constraint ${what}`,
      (copy) => {
        dropAt(bodyOf(copy.tableElts?.[element], 'ColumnDef'), at);
      },
      each,
    );
  }
}

function tableConstraint(body: CreateStmt, site: Site<CreateStmt>, element: number): void {
  const constraint = bodyOf(body.tableElts?.[element], 'Constraint');
  if (!constraint) return;
  site.edit(
    `drop-constraint ${nameOf(constraint)}`,
    (copy) => {
      copy.tableElts?.splice(element, 1);
    },
    constraint,
  );
  const keys = constraint.keys ?? [];
  for (const [at, key] of keys.length > 1 ? keys.entries() : []) {
    site.edit(
      `drop-key-column ${bodyOf(key, 'String')?.sval}`,
      (copy) => {
        bodyOf(copy.tableElts?.[element], 'Constraint')?.keys?.splice(at, 1);
      },
      constraint,
    );
  }
}

function dropAt(column: ColumnDef | undefined, at: number): void {
  column?.constraints?.splice(at, 1);
  if (column?.constraints?.length === 0) delete column.constraints;
}

/** `CONSTR_PRIMARY` → `primary` */
function nameOf(constraint: Constraint | undefined): string {
  return (constraint?.contype ?? '').replace('CONSTR_', '').toLowerCase();
}

function indexColumns(body: IndexStmt, site: Site<IndexStmt>): void {
  const columns = body.indexParams ?? [];
  for (const [at, column] of columns.entries()) {
    const { name = 'expression', ordering } = bodyOf(column, 'IndexElem') ?? {};
    if (columns.length > 1) {
      site.edit(`drop-index-column ${name}`, (copy) => copy.indexParams?.splice(at, 1), column);
    }
    if (ordering !== 'SORTBY_DESC') continue;
    site.edit(
      `index-column-asc ${name}`,
      (copy) => {
        const element = bodyOf(copy.indexParams?.[at], 'IndexElem');
        if (element) element.ordering = 'SORTBY_DEFAULT';
      },
      column,
    );
  }
  const [first, second, ...rest] = columns;
  if (first && second) {
    site.edit('swap-index-columns', (copy) => {
      copy.indexParams = structuredClone([second, first, ...rest]);
    });
  }
  for (const [at, column] of (body.indexIncludingParams ?? []).entries()) {
    site.edit(
      `drop-include ${bodyOf(column, 'IndexElem')?.name}`,
      (copy) => {
        copy.indexIncludingParams?.splice(at, 1);
        if (copy.indexIncludingParams?.length === 0) delete copy.indexIncludingParams;
      },
      column,
    );
  }
}

import type { A_Expr, Node } from '@pgsql/types';
import { NULL } from './nodes.ts';
import { bodyOf, type Operators, type Site } from './site.ts';

/** A boundary, a comparison, a sign. */
const SWAPPED: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '=': '<>',
  '<>': '=',
  '+': '-',
  '-': '+',
  '*': '/',
};

/** Functions whose last argument is about what they return. */
const WRAPPERS = new Set(['lower', 'upper', 'timezone', 'abs', 'date_trunc']);

/** A longer text is a message, or data. */
const LONGEST_WORD = 24;

/** Changes of expressions, wherever they stand. */
export const EXPRESSIONS: Operators = {
  A_Expr(body, site) {
    const name = bodyOf(body.name?.[0], 'String')?.sval ?? '';
    const swapped = SWAPPED[name];
    if (body.kind === 'AEXPR_OP' && body.name?.length === 1 && swapped !== undefined) {
      renamed(site, name, swapped);
      rowTerms(body, site);
    }
    if (body.kind === 'AEXPR_LIKE' || body.kind === 'AEXPR_ILIKE' || body.kind === 'AEXPR_IN') {
      const opposite = { '=': '<>', '<>': '=' }[name];
      renamed(site, name, opposite ?? (name.startsWith('!') ? name.slice(1) : `!${name}`));
    }
  },
  NullTest(_body, site) {
    site.edit('flip-is-null', (copy) => {
      copy.nulltesttype = copy.nulltesttype === 'IS_NULL' ? 'IS_NOT_NULL' : 'IS_NULL';
    });
  },
  BoolExpr(body, site) {
    const args = body.args ?? [];
    const [negated] = args;
    if (body.boolop === 'NOT_EXPR' && negated) site.replace('drop-not', () => negated);
    if (body.boolop !== 'OR_EXPR') return;
    for (const [at, disjunct] of args.entries()) {
      const left = args.toSpliced(at, 1);
      const [only] = left;
      const now = left.length === 1 && only ? only : { BoolExpr: { ...body, args: left } };
      site.replace('drop-disjunct', () => structuredClone(now), disjunct);
    }
  },
  CaseExpr(body, site) {
    const branches = body.args ?? [];
    for (const [at, branch] of branches.entries()) {
      const left = branches.toSpliced(at, 1);
      const now =
        left.length > 0 ? { CaseExpr: { ...body, args: left } } : (body.defresult ?? NULL);
      site.replace('drop-when', () => structuredClone(now), branch);
    }
    if (body.defresult) {
      site.replace('drop-else', () => ({ CaseExpr: { ...body, defresult: NULL } }), body.defresult);
    }
  },
  CoalesceExpr(body, site) {
    for (const arg of body.args ?? []) site.replace('coalesce-to-one', () => arg, arg);
  },
  MinMaxExpr(_body, site) {
    site.edit('flip-greatest', (copy) => {
      copy.op = copy.op === 'IS_LEAST' ? 'IS_GREATEST' : 'IS_LEAST';
    });
  },
  FuncCall(body, site) {
    const name = bodyOf(body.funcname?.at(-1), 'String')?.sval ?? '';
    const arg = body.args?.at(-1);
    if (arg && WRAPPERS.has(name)) site.replace(`unwrap-${name}`, () => arg);
    if (body.agg_distinct) site.edit('drop-distinct', (copy) => delete copy.agg_distinct);
    if (body.agg_filter)
      site.edit('drop-filter', (copy) => delete copy.agg_filter, body.agg_filter);
  },
  A_Const(body, site) {
    const { ival, sval } = body;
    if (ival) {
      const value = ival.ival ?? 0;
      site.edit('number+1', (copy) => {
        copy.ival = { ival: value + 1 };
      });
      if (value > 1) {
        site.edit('number-1', (copy) => {
          copy.ival = { ival: value - 1 };
        });
      }
    }
    // Text with another type, such as an interval, would be refused by Postgres whatever the tests do.
    const text = sval?.sval;
    if (text !== undefined && text.length <= LONGEST_WORD && site.within !== 'TypeCast') {
      site.edit('other-text', (copy) => {
        copy.sval = { sval: `${text}x` };
      });
    }
  },
};

function renamed(site: Site<A_Expr>, name: string, now: string): void {
  site.edit(`${name} to ${now}`, (copy) => {
    copy.name = [{ String: { sval: now } }];
  });
}

/** `(a, b) < ($1, $2)`: without each pair, the tie-breaker of a page among them. */
function rowTerms(body: A_Expr, site: Site<A_Expr>): void {
  const left = bodyOf(body.lexpr, 'RowExpr')?.args ?? [];
  const right = bodyOf(body.rexpr, 'RowExpr')?.args ?? [];
  if (left.length < 2 || left.length !== right.length) return;
  for (const [at, term] of left.entries()) {
    const row = (args: Node[]): Node => {
      const [only] = args;
      return args.length === 1 && only
        ? only
        : { RowExpr: { args, row_format: 'COERCE_IMPLICIT_CAST' } };
    };
    const now = { ...body, lexpr: row(left.toSpliced(at, 1)), rexpr: row(right.toSpliced(at, 1)) };
    site.replace('drop-row-term', () => structuredClone({ A_Expr: now }), term);
  }
}

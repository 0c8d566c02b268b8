import type { Node } from '@pgsql/types';
import { deparse } from 'pgsql-deparser';
import { parse } from 'pgsql-parser';
import { changesOf } from './changes.ts';
import { losesParameters, shapeOf } from './nodes.ts';

/** One change of a text of SQL. */
export interface SqlMutant {
  readonly operator: string;
  /** The whole text with the change. Statements that are not changed stand as they were. */
  readonly sql: string;
  /** The changed statement before and after, one clause a line. */
  readonly was: string;
  readonly now: string;
  /** Where it is in the text: an index of characters. */
  readonly at: number;
}

export interface SqlMutants {
  readonly mutants: readonly SqlMutant[];
  /** Changes that the printer does not print as they are meant: one line each. */
  readonly faults: readonly string[];
}

/**
 * Every single change of a text of SQL: parsed by Postgres' own parser, changed as a tree, printed,
 * parsed again and compared, since a printer may lose parentheses.
 *
 * @param whole also drop each statement as a whole: what a migration does and a query must not.
 * @throws when the text does not parse.
 */
export async function mutateSql(text: string, { whole = false } = {}): Promise<SqlMutants> {
  const { stmts = [] } = await parse(text);
  const bytes = Buffer.from(text);
  const mutants: SqlMutant[] = [];
  const faults: string[] = [];
  for (const { stmt, stmt_location: start = 0, stmt_len: length } of stmts) {
    if (!stmt) continue;
    const end = length === undefined ? bytes.length : start + length;
    const lead = LEAD.exec(bytes.subarray(start, end).toString())?.[0] ?? '';
    const head = bytes.subarray(0, start).toString() + lead;
    const tail = bytes.subarray(end).toString();
    const was = await deparse(stmt);
    for (const { operator, location, apply } of changesOf(stmt)) {
      const changed = apply(stmt);
      // Postgres refuses a statement with fewer parameters than values, whatever the tests do.
      if (losesParameters(stmt, changed)) continue;
      const { now, fault } = await print(changed);
      if (fault !== undefined) faults.push(`${operator}: ${fault}`);
      if (now === undefined || now === was) continue;
      const at = location === undefined ? head.length : lengthOf(bytes.subarray(0, location));
      mutants.push({ operator, sql: head + now + tail, was, now, at });
    }
    if (whole) {
      const sql = `${head}SELECT 1${tail}`;
      mutants.push({ operator: 'drop-statement', sql, was, now: '', at: head.length });
    }
  }
  return { mutants, faults };
}

/** Comments and blank lines before a statement. */
const LEAD = /^(?:\s|--[^\n]*\n)*/u;

/** Of UTF-8, in characters as JavaScript counts them. */
function lengthOf(bytes: Buffer): number {
  return bytes.toString().length;
}

async function print(changed: Node): Promise<{ now?: string; fault?: string }> {
  try {
    const now = await deparse(changed);
    const again = (await parse(now)).stmts?.[0]?.stmt;
    return shapeOf(again) === shapeOf(changed) ? { now } : { fault: `printed otherwise: ${now}` };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

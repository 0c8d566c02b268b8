import type { StringLiteral, TemplateLiteral } from 'oxc-parser';
import type { Found } from '../mutant.ts';
import { mutateSql } from '../sql/mutate.ts';

/** A string or a template of a source file. */
export type Text = StringLiteral | TemplateLiteral;

/** Statements; comments may stand before them. */
const STATEMENT =
  /^\s*(?:--.*\n\s*|\/\*.*?\*\/\s*)*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|BEGIN|COMMIT|LOCK|TRUNCATE|MERGE)\b/u;

/** Pieces of statements, and what makes a statement of each. */
const PIECES: readonly (readonly [RegExp, string])[] = [
  [/^\s*(?:WHERE|ORDER BY|LIMIT|FOR UPDATE)\b/u, 'SELECT 1 '],
  [
    /^(?!.*<__)[^;"/?{}]*(?:[=<>]|\b(?:LIKE|IN|ANY)\b)\s*\(*(?:\$|__hole)[^;"/?{}]*$/u,
    'SELECT 1 WHERE ',
  ],
];

/** A list of columns has no word of SQL in it; its name says what it is. */
const COLUMNS = /COLUMNS/iu;

/** SQL in a string: with `${…}` replaced by names that a parser takes for a column or a parameter. */
export interface EmbeddedSql {
  readonly sql: string;
  /** What was put before a piece of a statement. */
  readonly lead: string;
  readonly text: Text;
  /** The source of each `${…}`. */
  readonly holes: readonly string[];
}

/** Parameters whose number the service counts at run time: `$${values.push(x)}`. No query has as many. */
const COUNTED = 9000;

/**
 * The SQL in a string or template, if there is any.
 *
 * @param name of the variable or property that it is the value of.
 */
export function embeddedSql(source: string, text: Text, name = ''): EmbeddedSql | undefined {
  const holes: string[] = [];
  let sql = '';
  if (text.type === 'Literal') sql = text.value;
  else {
    for (const [at, { value }] of text.quasis.entries()) {
      sql += value.cooked ?? value.raw;
      const hole = text.expressions[at];
      if (!hole) continue;
      sql += sql.endsWith('$') ? String(COUNTED + holes.length) : `__hole${holes.length}__`;
      holes.push(source.slice(hole.start, hole.end));
    }
  }
  const lead = leadOf(sql, name);
  return lead === undefined ? undefined : { sql, lead, text, holes };
}

function leadOf(sql: string, name: string): string | undefined {
  if (STATEMENT.test(sql)) return '';
  if (COLUMNS.test(name)) return 'SELECT ';
  return PIECES.find(([piece]) => piece.test(sql))?.[1];
}

/**
 * Its mutants, and one line for each change that cannot be made.
 *
 * @throws when it does not parse: it is put together from pieces that are not expressions.
 */
export async function mutateEmbedded(
  source: string,
  { sql, lead, text, holes }: EmbeddedSql,
): Promise<{ mutants: Found[]; faults: readonly string[] }> {
  const { mutants, faults } = await mutateSql(lead + sql);
  const head = squeezed(lead);
  const found = mutants.flatMap((mutant): Found[] => {
    // The change took away what the piece was a piece of.
    if (lead && !squeezed(mutant.sql).startsWith(head)) return [];
    const changed = lead ? squeezed(mutant.sql).slice(head.length).trim() : mutant.sql;
    const body = source.slice(0, text.start) + quoted(changed, holes) + source.slice(text.end);
    return [
      {
        kind: 'sql',
        operator: mutant.operator,
        was: filled(mutant.was, holes),
        now: filled(mutant.now, holes),
        at: placeIn(text, mutant.at - lead.length),
        text: body,
      },
    ];
  });
  return { mutants: found, faults };
}

/** SQL as a template of the source file. */
function quoted(sql: string, holes: readonly string[]): string {
  const escaped = sql.replaceAll(/[\\`]|\$\{/gu, (special) => `\\${special}`);
  return `\`${filled(escaped, holes)}\``;
}

/** Puts each `${…}` back. The parser takes one behind a table's name for an alias. */
function filled(sql: string, holes: readonly string[]): string {
  return sql
    .replaceAll(/(?:\bAS )?\b__hole(\d+)__/gu, (_match, at: string) => `\${${holes[Number(at)]}}`)
    .replaceAll(/\$(9\d{3})\b/gu, (_match, number: string) => {
      return `$\${${holes[Number(number) - COUNTED]}}`;
    });
}

function squeezed(sql: string): string {
  return sql.replaceAll(/\s+/gu, ' ').trim();
}

/** Where a character of the SQL is in the source, to the line. */
function placeIn(text: Text, at: number): number {
  if (text.type === 'Literal') return text.start;
  let left = at;
  for (const [index, { value, start, end }] of text.quasis.entries()) {
    const { length } = value.cooked ?? value.raw;
    if (left <= length) return Math.min(start + Math.max(0, left), end);
    // Names of holes are longer than numbers of parameters; either way it is the same line.
    const counted = (value.cooked ?? value.raw).endsWith('$');
    left -= length + (counted ? String(COUNTED).length : `__hole${index}__`.length);
    if (left < 0) return end;
  }
  return text.end;
}

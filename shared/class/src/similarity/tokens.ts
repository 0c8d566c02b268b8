import { extname } from 'node:path';
import { parseSync, visitorKeys } from 'oxc-parser';

/** A stream of tokens in which names, comments and layout do not count. */
export interface Tokens {
  readonly tokens: readonly string[];
  /** Of each token: its line, from 1. */
  readonly lines: readonly number[];
}

/**
 * The tokens of a file: types of its syntax nodes, and words of its SQL. The parser is native code
 * that a deeply nested file overflows: call it in a process that may crash.
 */
export function tokensOf(path: string, text: string): Tokens {
  const found: Found = { tokens: [], offsets: [] };
  if (extname(path) === '.sql') addSql(found, text, 0);
  else addScript(found, path, text);
  return { tokens: found.tokens, lines: linesOf(text, found.offsets) };
}

interface Found {
  readonly tokens: string[];
  /** Of each token: where it begins. Never falls, but for the end of a node. */
  readonly offsets: number[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const END = ')';

function addScript(found: Found, path: string, text: string): void {
  const { program } = parseSync(path, text);
  const add = (token: string, offset: number) => {
    found.tokens.push(token);
    found.offsets.push(offset);
  };
  const open: (Node | number)[] = [program as unknown as Node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'number') {
      add(END, next);
      continue;
    }
    for (const token of wordsOf(next)) add(token, next.start);
    const sql = sqlIn(next);
    if (sql !== undefined) addSql(found, sql, next.start);
    open.push(next.start, ...childrenOf(next).toReversed());
  }
}

/** The node's type, and what it does where the type leaves that open. */
function wordsOf({ type, operator, kind }: Node): string[] {
  return [type, operator, kind].filter((word) => typeof word === 'string');
}

function childrenOf(node: Node): Node[] {
  const keys = (visitorKeys as Readonly<Record<string, readonly string[]>>)[node.type] ?? [];
  return keys.flatMap((key) => node[key] ?? []).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

const SQL =
  /^\s*(?:with|select|insert|update|delete|merge|create|alter|drop|truncate|begin|lock)\b/iu;

/** The SQL in a string or in a part of a template. */
function sqlIn({ type, value }: Node): string | undefined {
  if (type === 'Literal') return typeof value === 'string' && SQL.test(value) ? value : undefined;
  if (type !== 'TemplateElement') return undefined;
  return (value as { cooked?: string | null }).cooked ?? undefined;
}

/** Comments and strings, words, and everything else one by one. */
const SQL_TOKEN = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'|\$\d+|[\p{L}_][\p{L}\p{N}_]*|\d+|[^\s]/gu;
const COMMENT = /^(?:--|\/\*)/u;

function addSql({ tokens, offsets }: Found, sql: string, at: number): void {
  for (const { 0: word, index } of sql.matchAll(SQL_TOKEN)) {
    if (COMMENT.test(word)) continue;
    tokens.push(sqlToken(word));
    offsets.push(at + index);
  }
}

function sqlToken(word: string): string {
  if (word.startsWith("'")) return 'text';
  return /^\d/u.test(word) ? 'number' : word.toUpperCase();
}

function linesOf(text: string, offsets: readonly number[]): number[] {
  const starts = [0, ...[...text.matchAll(/\n/gu)].map(({ index }) => index + 1)];
  return offsets.map((offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  });
}

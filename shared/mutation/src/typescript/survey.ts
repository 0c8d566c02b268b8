import {
  type Argument,
  type CallExpression,
  type Expression,
  type Node,
  type Program,
  Visitor,
} from 'oxc-parser';
import { embeddedSql, type EmbeddedSql, type Text } from './embedded-sql.ts';

/** A piece of a source file: the first character and the one after the last. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What the operators need to know about a source file. */
export interface Survey {
  readonly sql: readonly EmbeddedSql[];
  /** Pieces that no mutant changes: words that no ticket asks for, types, and SQL, which has its own. */
  readonly spared: readonly Range[];
}

const LOGS = /(?:^|\.)(?:log|logger|console)\.(?:trace|debug|info|log|warn|error|fatal)$/u;
const ERRORS = /(?:Error|Problem)$/u;
/** Properties that hold words for a person. */
const WORDED = new Set(['title', 'description', 'message', 'detail', 'summary']);
/** Three words in a row: neither a key nor a header. */
const PROSE = /[A-Za-z][\w'’,-]*\s+[\w'’"(`$-]+[,:;]?\s+[\w'’"(`$-]/u;

/** Finds the SQL of a source file, and what is not worth a mutant. */
export function survey(source: string, program: Program): Survey {
  const sql: EmbeddedSql[] = [];
  const spared: Range[] = [];
  const names = new Map<object, string>();
  const words = new Set<object>();
  const look = (text: Text) => {
    const found = embeddedSql(source, text, names.get(text));
    if (found) sql.push(found);
    if (found || words.has(text) || PROSE.test(source.slice(text.start, text.end))) {
      spared.push(text);
    }
  };
  const spare = (node: Range) => spared.push(node);
  new Visitor({
    ImportDeclaration: spare,
    TSTypeAnnotation: spare,
    TSTypeParameterInstantiation: spare,
    TSInterfaceDeclaration: spare,
    TSTypeAliasDeclaration: spare,
    VariableDeclarator({ id, init }) {
      if (init && id.type === 'Identifier') names.set(init, id.name);
    },
    Property({ key, value }) {
      if (key.type !== 'Identifier') return;
      names.set(value, key.name);
      if (WORDED.has(key.name)) words.add(value);
    },
    CallExpression(call: CallExpression) {
      if (!LOGS.test(source.slice(call.callee.start, call.callee.end))) return;
      for (const argument of call.arguments) for (const each of textsIn(argument)) words.add(each);
    },
    NewExpression({ callee, arguments: given }) {
      if (ERRORS.test(source.slice(callee.start, callee.end))) {
        for (const each of given) words.add(each);
      }
    },
    ThrowStatement({ argument }: { argument: Expression }) {
      if (argument.type !== 'CallExpression' && argument.type !== 'NewExpression') return;
      for (const each of argument.arguments) {
        if (source.slice(each.start, each.end).includes(' ')) words.add(each);
      }
    },
    TemplateLiteral: look,
    Literal(node: Node) {
      if (node.type === 'Literal' && typeof node.value === 'string') look(node);
    },
  }).visit(program);
  return { sql, spared };
}

/** The texts that an argument of a log's is, or has as values of its properties. */
function textsIn(argument: Argument): object[] {
  if (argument.type !== 'ObjectExpression') return [argument];
  return argument.properties.flatMap((property) =>
    property.type === 'Property' ? [property.value] : [],
  );
}

export function isSpared({ spared }: Survey, { start, end }: Range): boolean {
  return spared.some((range) => range.start <= start && end <= range.end);
}

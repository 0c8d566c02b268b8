import { type Program, Visitor } from 'oxc-parser';
import type { Range } from './survey.ts';

/** A piece of a source file, and what is put in its place. */
export interface Edit extends Range {
  readonly operator: string;
  readonly now: string;
}

/** Mistakes that found something in labs and that Stryker does not make. */
export function ownEdits(program: Program): Edit[] {
  const edits: Edit[] = [];
  const drop = (operator: string, items: readonly (Range | null)[]) => {
    for (const [at, item] of items.entries()) {
      if (!item || items.length < 2) continue;
      const { start, end } = pieceOf(items, at, item);
      edits.push({ operator, start, end, now: '' });
    }
  };
  const keys = new Set<object>();
  new Visitor({
    ArrayExpression({ elements }) {
      drop('drop-element', elements);
    },
    ObjectExpression({ properties }) {
      drop('drop-property', properties);
    },
    Property({ key }) {
      keys.add(key);
    },
    ThrowStatement({ start, end }) {
      edits.push({ operator: 'remove-throw', start, end, now: '{}' });
    },
    Literal(node) {
      const { start, end, value } = node;
      if (typeof value !== 'number' || !Number.isInteger(value) || keys.has(node)) return;
      edits.push({ operator: 'number+1', start, end, now: String(value + 1) });
      if (value > 1) edits.push({ operator: 'number-1', start, end, now: String(value - 1) });
    },
  }).visit(program);
  return edits;
}

/** An item with the comma that parts it from the next, or from the one before. */
function pieceOf(items: readonly (Range | null)[], at: number, item: Range): Range {
  const next = items[at + 1];
  if (next) return { start: item.start, end: next.start };
  return { start: items[at - 1]?.end ?? item.start, end: item.end };
}

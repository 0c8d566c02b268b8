import type { Node } from '@pgsql/types';
import { EXPRESSIONS } from './expressions.ts';
import { keepingParameters, locationOf } from './nodes.ts';
import { QUERIES } from './queries.ts';
import { SCHEMA } from './schema.ts';
import type { Operators, Site } from './site.ts';
import { WRITES } from './writes.ts';

/** One change of a statement. */
export interface Change {
  /** `drop-conjunct`, `drop-set locked_until`. */
  readonly operator: string;
  /** Where in the parsed text, in bytes, if the tree says. */
  readonly location: number | undefined;
  /** The statement with the change. */
  readonly apply: (statement: Node) => Node;
}

type Path = readonly (string | number)[];
type Tree = Record<string | number, unknown>;

const OPERATORS: Operators = { ...QUERIES, ...WRITES, ...SCHEMA, ...EXPRESSIONS };

/** All changes of one statement. Each is applied to a copy. */
export function changesOf(statement: Node): Change[] {
  const changes: Change[] = [];
  visit([], statement, undefined);
  return changes;

  /** @param within the type of the node around. */
  function visit(path: Path, tree: unknown, within: string | undefined): void {
    if (typeof tree !== 'object' || tree === null) return;
    for (const [key, child] of Object.entries(tree)) {
      const type = key in OPERATORS ? (key as keyof Operators) : undefined;
      if (type && typeof child === 'object') {
        // The table pairs each type with its own body; the key proves which.
        const operators = OPERATORS[type] as (body: unknown, site: Site<unknown>) => void;
        operators(child, siteAt(path, key, child, within));
      }
      visit([...path, key], child, /^[A-Z]/u.test(key) ? key : within);
    }
  }

  function siteAt(path: Path, type: string, body: unknown, within: string | undefined) {
    const site: Site<unknown> = {
      within,
      edit(operator, edit, about = body) {
        const apply = (copy: Node) => {
          edit((get(copy, path) as Tree)[type]);
          return copy;
        };
        changes.push({ operator, location: locationOf(about), apply: onCopy(apply) });
      },
      replace(operator, make, about = body) {
        const apply = (copy: Node) => {
          const was = get(copy, path) as Node;
          const now = keepingParameters(structuredClone(was), make(structuredClone(was)));
          return set(copy, path, now);
        };
        changes.push({ operator, location: locationOf(about), apply: onCopy(apply) });
      },
    };
    return site;
  }
}

function onCopy(apply: (copy: Node) => Node): Change['apply'] {
  return (statement) => apply(structuredClone(statement));
}

function get(root: unknown, path: Path): unknown {
  return path.reduce((tree, key) => (tree as Tree)[key], root);
}

function set(root: Node, path: Path, value: Node): Node {
  const last = path.at(-1);
  if (last === undefined) return value;
  (get(root, path.slice(0, -1)) as Tree)[last] = value;
  return root;
}

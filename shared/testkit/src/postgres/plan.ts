import { thousands } from '../text.ts';

/** One node of a plan that was executed. Counts are totals over all loops. */
export interface PlanNode {
  /** As EXPLAIN names it: `Seq Scan`, `Index Only Scan`, `Sort`, … */
  readonly type: string;
  readonly relation: string | undefined;
  readonly index: string | undefined;
  /** Rows that it handed on. */
  readonly rows: number;
  readonly loops: number;
  /** Rows that it read and threw away, for whatever condition. */
  readonly rowsRemoved: number;
  /** Of an Index Only Scan: rows for which it had to look into the table after all. */
  readonly heapFetches: number;
  /** Descents from the root of an index (Postgres 18 and later; 0 before). */
  readonly searches: number;
  /** Shared buffers, with those of the nodes below. */
  readonly buffers: number;
  /** What the index was entered with. */
  readonly indexCondition: string | undefined;
  /** What was checked row by row. */
  readonly filter: string | undefined;
  readonly sortKey: readonly string[];
  readonly children: readonly PlanNode[];
  /** The node as EXPLAIN (FORMAT JSON) wrote it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A statement that the service really ran, and how Postgres executed it. */
export class ExecutedPlan {
  readonly query: string;
  /** `$1 = '57', $2 = 'paid'`, or an empty string. */
  readonly parameters: string;
  readonly root: PlanNode;

  constructor(query: string, parameters: string, root: PlanNode) {
    this.query = query;
    this.parameters = parameters;
    this.root = root;
  }

  /** All nodes, each before those below it; with `type`, those of that type. */
  nodes(type?: string): PlanNode[] {
    const all = flatten(this.root);
    return type === undefined ? all : all.filter((node) => node.type === type);
  }

  get buffers(): number {
    return this.root.buffers;
  }

  get rowsRemoved(): number {
    return this.#total(({ rowsRemoved }) => rowsRemoved);
  }

  get heapFetches(): number {
    return this.#total(({ heapFetches }) => heapFetches);
  }

  /** Names of the indexes that it read, each once. */
  get indexes(): string[] {
    return [...new Set(this.nodes().flatMap(({ index }) => index ?? []))];
  }

  /**
   * What Postgres did, from the last step to the first, for a message:
   * `Sort (10 rows) ← Seq Scan (9 rows, threw away 1,000 rows)`.
   */
  get steps(): string {
    return stepsOf(this.root);
  }

  #total(count: (node: PlanNode) => number): number {
    return this.nodes().reduce((sum, node) => sum + count(node), 0);
  }
}

type Raw = Readonly<Record<string, unknown>>;

const MARK = 'plan:\n';

/** Reads what auto_explain logs with `log_format = json`; `undefined` for any other message. */
export function readPlan(message: string): ExecutedPlan | undefined {
  const start = message.indexOf(MARK);
  if (!message.startsWith('duration: ') || start === -1) return undefined;
  const found = JSON.parse(message.slice(start + MARK.length)) as Raw;
  return new ExecutedPlan(
    text(found, 'Query Text') ?? '',
    text(found, 'Query Parameters') ?? '',
    readNode((found['Plan'] ?? {}) as Raw),
  );
}

function readNode(raw: Raw): PlanNode {
  const number = (name: string): number => Number(raw[name] ?? 0);
  const loops = number('Actual Loops');
  const removed = Object.keys(raw).filter((name) => name.startsWith('Rows Removed by'));
  return {
    type: text(raw, 'Node Type') ?? '',
    relation: text(raw, 'Relation Name'),
    index: text(raw, 'Index Name'),
    // Postgres gives averages of a loop.
    rows: Math.round(number('Actual Rows') * loops),
    loops,
    rowsRemoved: Math.round(removed.reduce((sum, name) => sum + number(name), 0) * loops),
    heapFetches: number('Heap Fetches'),
    searches: number('Index Searches'),
    buffers: number('Shared Hit Blocks') + number('Shared Read Blocks'),
    indexCondition: text(raw, 'Index Cond'),
    filter: text(raw, 'Filter'),
    sortKey: (raw['Sort Key'] ?? []) as readonly string[],
    children: ((raw['Plans'] ?? []) as readonly Raw[]).map(readNode),
    raw,
  };
}

function text(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' ? value : undefined;
}

/** Says nothing to who looks for the cost: they hand on what they get. */
const PASSING = new Set(['Limit', 'Result']);

function stepsOf({ type, index, rows, rowsRemoved, children }: PlanNode): string {
  const below = children.map(stepsOf);
  const from = below.length > 1 ? `(${below.join(' and ')})` : (below[0] ?? '');
  if (PASSING.has(type) && from !== '') return from;
  const used = index === undefined ? '' : ` using ${index}`;
  const removed = rowsRemoved > 0 ? `, threw away ${thousands(rowsRemoved)} rows` : '';
  const step = `${type}${used} (${thousands(rows)} rows${removed})`;
  return from === '' ? step : `${step} ← ${from}`;
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...node.children.flatMap(flatten)];
}

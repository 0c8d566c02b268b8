import {
  type ExecutedPlan,
  expect,
  type IndexInfo,
  lesson,
  type PlanNode,
  type PostgresProbe,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';
import {
  conditionOf,
  costliest,
  definitionOf,
  describe,
  indexOf,
  keyOf,
  lookedAt,
  scanOf,
} from './plans.ts';

interface Finding {
  /** `GET /v1/orders?status=paid&limit=10 for tenant 57 read 959 buffers` */
  readonly cost: string;
  readonly plan: ExecutedPlan;
  readonly scan: PlanNode;
  readonly indexes: readonly IndexInfo[];
}

/**
 * Says why a page of the list was expensive. Always fails: with a lesson when the plan is evidence
 * for one, otherwise with what Postgres did.
 */
export async function diagnoseList(
  postgres: PostgresProbe,
  request: string,
  buffers: number,
  send: (service: StartedService) => Promise<unknown>,
): Promise<never> {
  const plan = costliest(await postgres.plans(send));
  const scan = plan && scanOf(plan);
  const [table] = await postgres.query<{ pages: number }>(
    `SELECT relpages::float8 AS pages FROM pg_class WHERE oid = 'orders'::regclass`,
  );
  const cost = `${request} read ${thousands(buffers)} buffers; the whole table is ${thousands(table?.pages ?? 0)}.`;
  if (plan && scan) {
    const finding = { cost, plan, scan, indexes: await postgres.indexes() };
    catchAll(finding);
    bitmapOfSingles(finding);
    orderOnly(finding);
    statusLeftOut(finding);
    noTiebreak(finding);
    gapInTheIndex(finding);
    readAllToSort(finding);
  }
  return expect.fail(`${cost} ${describe(plan)}`);
}

function catchAll({ cost, scan, plan }: Finding): void {
  if (!/IS NULL\)? OR/u.test(`${scan.filter} ${conditionOf(scan)} ${plan.query}`)) return;
  lesson('catch-all-filter', {
    observed: `${cost} The statement asks "parameter is null or status = parameter", and Postgres checked that row by row on ${thousands(lookedAt(scan))} rows.`,
    meaning:
      'One plan must serve the statement for every value of the parameter, so that the condition cannot enter an index: for a null it would have to let every row pass.',
    lookAt: 'sending only the conditions that the request really has.',
  });
}

function bitmapOfSingles({ cost, plan, scan, indexes }: Finding): void {
  const single = indexes.filter(
    ({ table, key, primary }) => table === 'orders' && !primary && key.length === 1,
  );
  const names = single.map(keyOf);
  const combined = plan.nodes('BitmapAnd').length > 0;
  const apart = ['tenant_id', 'status'].every((column) => names.includes(`(${column})`));
  // Of indexes with several columns a bitmap is another story.
  if (single.length < 2 || (!combined && !apart)) return;
  lesson('three-singles', {
    observed: `${cost} Postgres ${combined ? 'combined two indexes in a bitmap' : `used one index, ${scan.index}`}, and handled ${thousands(lookedAt(scan))} rows to show ten. The indexes are ${names.join(', ')}.`,
    meaning:
      'Each index answers a part of the question. What they have in common is found by reading the rows, and a bitmap has lost the order, so that all of them are sorted.',
    lookAt: 'one index that answers filter and order together.',
  });
}

function orderOnly({ cost, scan, plan, indexes }: Finding): void {
  const index = indexOf(scan, indexes);
  const ordered = scan.type === 'Index Scan' && plan.nodes('Sort').length === 0;
  if (!ordered || !index || !/placed_at/u.test(index.key[0] ?? '')) return;
  const removed = scan.rowsRemoved > 0 ? ` and threw away ${thousands(scan.rowsRemoved)} rows` : '';
  lesson('order-by-only', {
    observed: `${cost} Postgres walked ${index.name} ${keyOf(index)} from the newest order of all tenants on${removed}.`,
    meaning:
      'The index gives the order first. A tenant that ordered lately gets a page at once. A tenant whose last order is old waits until every newer row of all other tenants has been read.',
    lookAt: 'one index that starts with what you compare by equality.',
  });
}

function statusLeftOut({ cost, scan, plan }: Finding): void {
  const condition = conditionOf(scan);
  const ordered = scan.type === 'Index Scan' && plan.nodes('Sort').length === 0;
  const inFilter = /status/u.test(scan.filter ?? '') && /tenant_id/u.test(condition);
  if (!ordered || !inFilter || /status/u.test(condition) || scan.rowsRemoved < 100) return;
  lesson('status-left-out', {
    observed: `${cost} ${scan.index} led to the tenant's orders, newest first, and Postgres threw away ${thousands(scan.rowsRemoved)} of them for their status.`,
    meaning:
      'The index knows tenant and order, not the status, so each row is fetched to look. For a common status ten rows are soon found; for one that has become rare the walk goes through the whole history.',
    lookAt: 'both columns that are compared by equality, before the order begins.',
  });
}

function noTiebreak({ cost, plan, scan, indexes }: Finding): void {
  const [sort] = plan.nodes('Incremental Sort');
  const index = indexOf(scan, indexes);
  if (!sort || !index || !/tenant_id/u.test(conditionOf(scan)) || scan.rows < 100) return;
  lesson('no-tiebreak', {
    observed: `${cost} An Incremental Sort read ${thousands(scan.rows)} rows that share one placed_at to put ten of them in order. The index is ${definitionOf(index)}.`,
    meaning:
      'The index holds the order of the page only as far as placed_at. Where many rows tie on it, all of them must be read before the id can decide.',
    lookAt: 'the whole ORDER BY, with the direction of each column, at the end of the index.',
  });
}

function gapInTheIndex({ cost, plan, scan, indexes }: Finding): void {
  const asked = `${scan.filter ?? ''} ${conditionOf(scan)}`;
  const [sort] = plan.nodes('Sort');
  if (!sort || /status/u.test(asked) || scan.rows < 1000) return;
  const mine = indexes.filter(({ table }) => table === 'orders').map(keyOf);
  const byStatus = mine.find((key) => key.startsWith('(tenant_id, status, placed_at'));
  if (byStatus === undefined || mine.some((key) => key.startsWith('(tenant_id, placed_at'))) return;
  lesson('gap-in-the-index', {
    observed: `${cost} Postgres fetched ${thousands(scan.rows)} orders of the tenant and sorted all of them to show ten. There is an index ${byStatus}.`,
    meaning:
      'Within a tenant that index is ordered by status first, and by time only within each status. When no status is given its order is of no use, and skipping from status to status does not bring it back.',
    lookAt:
      'which column must follow the tenant when there is no status; or reading the statuses one by one, each in its order.',
  });
}

function readAllToSort({ cost, plan, scan, indexes }: Finding): void {
  const [sort] = plan.nodes('Sort');
  const condition = conditionOf(scan);
  const index = indexOf(scan, indexes);
  if (!sort || !index || !/tenant_id/u.test(condition) || scan.rows < 1000) return;
  // There is one in the order of the page, and Postgres preferred another: that is another story.
  if (indexes.some(({ key }) => key[0] === 'tenant_id' && key.includes('placed_at'))) return;
  lesson('tenant-only', {
    observed: `${cost} The index ${keyOf(index)} found ${thousands(lookedAt(scan))} rows; a sort then read what was left, ${thousands(scan.rows)}, to show ten.`,
    meaning:
      'The index finds the rows and does not hold them in the order of the page. So each one is fetched and sorted, and the cost grows with the tenant instead of the page.',
    lookAt: 'an index that already has the rows of one question in the order of the answer.',
  });
}

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
import { costliest, describe, indexOf, lookedAt, scanOf } from './plans.ts';

/** Says why a report was expensive. Always fails: with a lesson when the plan is evidence for one. */
export async function diagnoseReport(
  postgres: PostgresProbe,
  cost: string,
  send: (service: StartedService) => Promise<unknown>,
): Promise<never> {
  const plan = costliest(await postgres.plans(send));
  const scan = plan && scanOf(plan);
  if (plan && scan) {
    hiddenColumn(cost, scan);
    tableRead(cost, plan, scan, await postgres.indexes());
  }
  return expect.fail(`${cost}. ${describe(plan)}`);
}

const WRAPPED =
  /\bplaced_at (?:AT TIME ZONE|\)?::)|\b(?:date|date_trunc|to_char|extract)\(.*\bplaced_at\b/iu;

function hiddenColumn(cost: string, scan: PlanNode): void {
  const filter = scan.filter ?? '';
  if (!WRAPPED.test(filter)) return;
  lesson('date-func', {
    observed: `${cost}. Postgres computed a day for ${thousands(lookedAt(scan))} orders and kept ${thousands(scan.rows)} of them.`,
    meaning:
      'The condition is about the result of a function, and an index on placed_at holds the bare column. So no part of an index can be picked by it: every order is looked at, however few belong to the day.',
    lookAt: 'comparing the bare column with two instants that you compute once.',
  });
}

function tableRead(
  cost: string,
  plan: ExecutedPlan,
  scan: PlanNode,
  indexes: readonly IndexInfo[],
): void {
  const fetched = ['Index Scan', 'Bitmap Heap Scan'].includes(scan.type);
  const index = indexOf(scan, indexes);
  // One that also has the cents may miss what else the statement names: that is another story.
  if (!index || [...index.key, ...index.included].includes('total_cents')) return;
  if (!fetched || plan.heapFetches > 0 || scan.rowsRemoved > scan.rows) return;
  lesson('table-for-every-row', {
    observed: `${cost}. An index found ${thousands(scan.rows)} orders, and each was then fetched from the table (${scan.type}).`,
    meaning:
      'The index says which orders belong to the day, but it lacks a column that the report adds up. These orders lie far apart in the table, so nearly each one costs a page.',
    lookAt: 'what the report needs of an order, and where it could be read instead.',
  });
}

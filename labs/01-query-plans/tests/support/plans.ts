import type { ExecutedPlan, IndexInfo, PlanNode } from '@backend-labs/testkit';

/** The most expensive of some plans. */
export function costliest(plans: readonly ExecutedPlan[]): ExecutedPlan | undefined {
  return plans.toSorted((a, b) => b.buffers - a.buffers)[0];
}

/** The node that looked at most orders, with or without an index. */
export function scanOf(plan: ExecutedPlan): PlanNode | undefined {
  return plan
    .nodes()
    .filter(({ relation, type }) => relation === 'orders' && type.includes('Scan'))
    .toSorted((a, b) => lookedAt(b) - lookedAt(a))[0];
}

/** Rows that a node read, wanted or not. */
export const lookedAt = ({ rows, rowsRemoved }: PlanNode): number => rows + rowsRemoved;

/** What an access to the table was entered with: of a bitmap, that of the index below. */
export function conditionOf(scan: PlanNode): string {
  const below = scan.children.map(conditionOf).join(' ');
  return `${scan.indexCondition ?? ''} ${below}`.trim();
}

/** One sentence on what Postgres did, for a failure without a lesson. */
export function describe(plan: ExecutedPlan | undefined): string {
  if (!plan) return 'No plan of it was seen.';
  return `Postgres ran, from the last step to the first: ${plan.steps}.`;
}

/** The index that a plan node read, among those of the catalogue. */
export function indexOf(node: PlanNode, indexes: readonly IndexInfo[]): IndexInfo | undefined {
  const name = node.index ?? node.children.find(({ index }) => index !== undefined)?.index;
  return indexes.find((index) => index.name === name);
}

/** `(tenant_id, status)`. */
export const keyOf = (index: IndexInfo): string => `(${index.key.join(', ')})`;

/** `(tenant_id, status, placed_at DESC) WHERE …`: what stands behind USING btree. */
export const definitionOf = ({ definition }: IndexInfo): string =>
  definition.replace(/^.* USING \w+ /u, '');

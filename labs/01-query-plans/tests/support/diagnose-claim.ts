import {
  expect,
  lesson,
  type PlanNode,
  type PostgresProbe,
  thousands,
} from '@backend-labs/testkit';
import { claim } from './claims.ts';
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

/** Says why a claim was expensive. Always fails: with a lesson when the plan is evidence for one. */
export async function diagnoseClaim(postgres: PostgresProbe, cost: string): Promise<never> {
  const plan = costliest(await postgres.plans(claim));
  const scan = plan && scanOf(plan);
  const indexes = await postgres.indexes();
  if (plan && scan) {
    const partial = indexes.find(({ predicate }) => predicate?.includes('status') === true);
    if (partial && !plan.indexes.includes(partial.name) && asksByParameter(plan.nodes())) {
      lesson('partial-with-param', {
        observed: `${cost}. ${keyOf(partial)} WHERE ${partial.predicate} is there and was not used: the statement asks for status = $n, and Postgres ran a ${scan.type} of ${thousands(lookedAt(scan))} rows.`,
        meaning:
          'Postgres uses a partial index only if the statement itself proves that every row it wants is in it. A plan made for any value of a parameter proves nothing.',
        lookAt: 'what is constant in this question, and whether the planner can see that.',
      });
    }
    const index = indexOf(scan, indexes);
    const ties = scan.rows > 100 && scan.rowsRemoved < scan.rows;
    if (index && ties && plan.nodes('Incremental Sort').length > 0) {
      lesson('no-tiebreak', {
        observed: `${cost}. An Incremental Sort read ${thousands(scan.rows)} pending orders that share one placed_at to find the first. The index is ${definitionOf(index)}.`,
        meaning:
          'The index holds the order only as far as placed_at. Where many rows tie on it, all of them must be read before the id can decide.',
        lookAt: 'the whole ORDER BY at the end of the index.',
      });
    }
  }
  return expect.fail(`${cost}. ${describe(plan)}`);
}

const asksByParameter = (nodes: readonly PlanNode[]): boolean =>
  nodes.some((node) => /status = \$\d/u.test(`${node.filter ?? ''} ${conditionOf(node)}`));

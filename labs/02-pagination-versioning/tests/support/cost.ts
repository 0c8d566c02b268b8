import {
  type ExecutedPlan,
  expect,
  explain,
  lesson,
  type PostgresProbe,
  thousands,
} from '@backend-labs/testkit';

/** Rows of a plan that stand for work far beyond a page. */
const MANY = 1000;

/** Asserts that a request reads few buffers, all its statements together. If not, says why. */
export async function expectCheap(
  postgres: PostgresProbe,
  { buffers, limit, path }: { buffers: number; limit: number; path: string },
): Promise<void> {
  const cost = `GET ${path} read ${thousands(buffers)} buffers; ${limit} are allowed`;
  await explain(
    () => {
      expect(buffers, cost).toBeLessThanOrEqual(limit);
    },
    async () => {
      const plans = await postgres.plans((service) => service.get(path));
      const costly = plans.filter((plan) => plan.buffers > limit);
      for (const plan of costly) {
        offset(cost, plan);
        orFilter(cost, plan);
        counting(cost, plan);
        timeIndexOnly(cost, plan);
      }
      expect.fail(`${cost}. ${plans.map(describe).join(' ')}`);
    },
  );
}

function offset(cost: string, plan: ExecutedPlan): void {
  const [limit] = plan.nodes('Limit');
  const below = limit?.children[0];
  if (!/\boffset\b/iu.test(plan.query) || !limit || !below) return;
  const skipped = below.rows - limit.rows;
  if (skipped < MANY) return;
  lesson('offset', {
    observed: `${cost}. Postgres produced ${thousands(below.rows)} rows in order and threw the first ${thousands(skipped)} away.`,
    meaning:
      'OFFSET does not give Postgres a place to start from. It reads the rows that it skips, so each page costs as much as all pages before it.',
    lookAt: 'a condition that an index can begin at, instead of a number of rows.',
  });
}

function orFilter(cost: string, plan: ExecutedPlan): void {
  const scan = plan.nodes().find(({ filter, rowsRemoved }) => isOr(filter) && rowsRemoved > MANY);
  if (!scan) return;
  lesson('or-keyset', {
    observed: `${cost}. The ${scan.type}${scan.index ? ` on ${scan.index}` : ''} threw away ${thousands(scan.rowsRemoved)} rows by its Filter: ${scan.filter}`,
    meaning:
      'The condition says the right thing, but an OR is not a range of an index. So Postgres begins at the newest event and checks every row up to the page.',
    lookAt: 'the line Index Cond of the plan, and which form of "after this place" gets into it.',
  });
}

const isOr = (filter: string | undefined): boolean =>
  filter !== undefined && / OR /u.test(filter) && /occurred_at/u.test(filter);

function counting(cost: string, plan: ExecutedPlan): void {
  const counts = plan
    .nodes()
    .find(({ type, children }) => isCount(type) && (children[0]?.rows ?? 0) > MANY);
  if (!counts) return;
  lesson('count-each-page', {
    observed: `${cost}. Postgres went through ${thousands(counts.children[0]?.rows ?? 0)} rows for its node ${counts.type}, to count them.`,
    meaning:
      'To count the events, Postgres reads all of them, even if the page shows twenty. The cost grows with the table, for a number that few clients look at.',
    lookAt: 'which clients need the total, and how exact it has to be.',
  });
}

const isCount = (type: string): boolean => type === 'WindowAgg' || type === 'Aggregate';

function timeIndexOnly(cost: string, plan: ExecutedPlan): void {
  const scan = plan
    .nodes()
    .find(
      ({ type, filter, rowsRemoved }) =>
        type.startsWith('Index') &&
        rowsRemoved > MANY &&
        /^\(+(type|shipment_id)\)? /u.test(filter ?? ''),
    );
  if (!scan) return;
  lesson('filter-not-in-the-index', {
    observed: `${cost}. Postgres walked ${scan.index} in the order of time and threw away ${thousands(scan.rowsRemoved)} rows by the filter ${scan.filter}`,
    meaning:
      'That index knows the order and not the filter. Postgres finds a frequent type soon. For a rare or old one it searches among everything else.',
    lookAt: 'what a list compares by equality, and where the index begins.',
  });
}

/** One sentence on what Postgres did, for a failure without a lesson. */
const describe = (plan: ExecutedPlan): string =>
  `For ${thousands(plan.buffers)} of them Postgres ran, from the last step to the first: ${plan.steps}.`;

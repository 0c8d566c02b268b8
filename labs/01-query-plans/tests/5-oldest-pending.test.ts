import {
  eventually,
  explain,
  expect,
  lesson,
  type PlanNode,
  type PostgresProbe,
  type StartedService,
  test,
  thousands,
} from '@backend-labs/testkit';
import { LIMIT } from './support/limits.ts';
import { type Order } from './support/orders.ts';
import {
  conditionOf,
  costliest,
  definitionOf,
  describe,
  indexOf,
  keyOf,
  lookedAt,
  scanOf,
} from './support/plans.ts';

const PATH = '/internal/orders/claim';

async function claim(service: StartedService): Promise<Order> {
  const { body } = (await service.post(PATH)).expect(200);
  expect(body, `POST ${PATH} must answer { "order": { … } }`).toHaveProperty('order.id');
  return (body as { order: Order }).order;
}

async function oldestPending(postgres: PostgresProbe, many: number): Promise<number[]> {
  const rows = await postgres.query<{ id: number }>(
    `SELECT id::float8 AS id FROM orders WHERE status = 'pending'
      ORDER BY placed_at, orders.id LIMIT $1`,
    [many],
  );
  return rows.map(({ id }) => id);
}

test('claims take the oldest orders, the lower id first', async ({ service, postgres }) => {
  const expected = await oldestPending(postgres, 3);
  const claimed: Order[] = [];
  for (const _ of expected) claimed.push(await claim(service));
  expect(
    claimed.map(({ id }) => id),
    'ids of three claims, one after the other',
  ).toEqual(expected);
  expect([...new Set(claimed.map(({ status }) => status))], 'status of a claimed order').toEqual([
    'processing',
  ]);
});

test('claims at the same time take different orders', async ({ service, postgres }) => {
  const [oldest] = await oldestPending(postgres, 1);
  // Somebody else holds the oldest order, so that both have looked for one before either can take it.
  await using other = await postgres.session('administrator');
  await other.query('BEGIN');
  await other.query('SELECT FROM orders WHERE id = $1 FOR UPDATE', [oldest]);
  let answered = 0;
  const claims = [claim(service), claim(service)].map((each) =>
    each.finally(() => {
      answered += 1;
    }),
  );
  const claimed = Promise.all(claims);
  // Awaited below; a claim that fails meanwhile is no stray rejection.
  claimed.catch(() => {});
  await eventually('both claims to answer, or to wait for the order that is held', async () => {
    const held = await postgres.locksHeld();
    const waiting = new Set(held.filter(({ granted }) => !granted).map(({ pid }) => pid));
    return answered + waiting.size >= claims.length;
  });
  await other.query('ROLLBACK');
  const [first, second] = (await claimed).map(({ id }) => id);
  await explain(
    () => {
      expect(second, 'the order of one claim and that of another at the same time').not.toBe(first);
    },
    () => {
      lesson('claimed-twice', {
        observed: `Order ${oldest} was locked by somebody else while two workers claimed. When it was free again, both were handed order ${first}.`,
        meaning:
          'Both looked for the oldest pending order before either had changed it. An UPDATE waits for the lock of its row, and then goes on with the row that was found, whatever its status has become.',
        lookAt:
          'what the SELECT that finds the order does about orders that others are just taking.',
      });
    },
  );
});

test('a claim reads few buffers', async ({ service, postgres }) => {
  const claims = 5;
  const { buffers } = await postgres.measure(async () => {
    for (let each = 0; each < claims; each += 1) await claim(service);
  });
  const mean = Math.round(buffers / claims);
  const cost = `A claim read ${thousands(mean)} buffers, the mean of ${claims}; ${LIMIT.claim} are allowed`;
  await explain(
    () => {
      expect(mean, cost).toBeLessThanOrEqual(LIMIT.claim);
    },
    async () => {
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
            lookAt: 'what is constant in this question, and who has to know that.',
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
      expect.fail(`${cost}. ${describe(plan)}`);
    },
  );
});

const asksByParameter = (nodes: readonly PlanNode[]): boolean =>
  nodes.some((node) => /status = \$\d/u.test(`${node.filter ?? ''} ${conditionOf(node)}`));

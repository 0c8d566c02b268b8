import {
  type Answer,
  eventually,
  explain,
  expect,
  lesson,
  type PgSession,
  type PlanNode,
  type PostgresProbe,
  type StartedService,
  test,
  thousands,
} from '@backend-labs/testkit';
import { LIMIT } from './support/limits.ts';
import { type Order, placeOrder, remove, TENANT } from './support/orders.ts';
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

interface Claimed {
  readonly order: Order;
}

async function claim(service: StartedService): Promise<Order> {
  const answer = await service.post(PATH);
  expect(answer.status, `status of POST ${PATH}, while orders are pending`).toBe(200);
  const { body } = answer;
  expect(body, `POST ${PATH} must answer { "order": { … } }`).toHaveProperty('order.id');
  return (body as Claimed).order;
}

async function oldestPending(postgres: PostgresProbe, many: number): Promise<number[]> {
  const rows = await postgres.query<{ id: number }>(
    `SELECT id::float8 AS id FROM orders WHERE status = 'pending'
      ORDER BY placed_at, orders.id LIMIT $1`,
    [many],
  );
  return rows.map(({ id }) => id);
}

/** What the role's connections start with; see data/3-access.admin.sql. */
const HOUSE_RULE = 'force_generic_plan';

/** Remembers the setting of each connection that updates an order, at that moment. */
const WATCH_SETTING = `
  CREATE TABLE seen_settings (value text NOT NULL);
  CREATE FUNCTION see_setting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      INSERT INTO seen_settings VALUES (current_setting('plan_cache_mode'));
      RETURN NULL;
    END $$;
  CREATE TRIGGER see_setting AFTER UPDATE ON orders EXECUTE FUNCTION see_setting()`;
const UNWATCH = `
  DROP TRIGGER see_setting ON orders; DROP FUNCTION see_setting(); DROP TABLE seen_settings`;

test('claims take the oldest orders, the lower id first', async ({ service, postgres }) => {
  const oldest = await oldestPending(postgres, 20);
  await postgres.query(WATCH_SETTING);
  const claimed: Order[] = [];
  for (let each = 0; each < 3; each += 1) claimed.push(await claim(service));
  const seen = await postgres.query<{ value: string }>('SELECT DISTINCT value FROM seen_settings');
  await postgres.query(UNWATCH);
  expect(
    claimed.map(({ id }) => id),
    'ids of three claims, one after the other',
  ).toEqual(oldest.slice(0, 3));
  expect([...new Set(claimed.map(({ status }) => status))], 'status of a claimed order').toEqual([
    'processing',
  ]);
  const taken = await postgres.query<{ id: number }>(
    `SELECT id::float8 AS id FROM orders
      WHERE id = ANY ($1::bigint[]) AND status <> 'pending' ORDER BY placed_at, orders.id`,
    [oldest],
  );
  expect(
    taken.map(({ id }) => id),
    'of the twenty oldest, those that three claims took',
  ).toEqual(oldest.slice(0, 3));

  const settings = seen.map(({ value }) => value);
  await explain(
    () => {
      expect(settings, 'plan_cache_mode of the connections that claimed').toEqual([HOUSE_RULE]);
    },
    () => {
      const other = settings.find((value) => value !== HOUSE_RULE);
      if (other === undefined) return;
      lesson('house-rule', {
        observed: `While a claim was written, its connection had plan_cache_mode = ${other}. The DBAs gave our role ${HOUSE_RULE}, and a new connection starts with it.`,
        meaning:
          'A setting made for the connection, the transaction or the role turns the rule off for whatever else runs there, and the next planner that burns a core is ours. Who made the rule will not see it in any statement.',
        lookAt:
          'what the statement itself could say, so that one plan for all values is a good one.',
      });
    },
  );

  const older = { tenant: TENANT.average, status: 'pending', cents: 100 } as const;
  const id = await placeOrder(postgres, { ...older, placedAt: '2024-12-31T12:00:00Z' });
  const next = await claim(service);
  await remove(postgres, [id]);
  expect(next.id, 'the next claim, after an order older than all others was placed').toBe(id);
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
  await eventually('two claims, while another session holds the oldest order', async () => {
    const held = await postgres.locksHeld();
    const waiting = new Set(held.filter(({ granted }) => !granted).map(({ pid }) => pid)).size;
    expect(
      answered + waiting,
      `${answered} of two claims had answered, ${waiting} waited for a lock in the database, and the others were kept in the service, where only this instance knows of them; claims that answered or waited in the database`,
    ).toBe(claims.length);
    return true;
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

test('a claim that comes too late for one order takes another', async ({ service, postgres }) => {
  // Each is taken by somebody else when the one before it is gone: whoever looks first and takes
  // then is late five times.
  const oldest = await oldestPending(postgres, 5);
  const taken: number[] = [];
  await using sessions = new AsyncDisposableStack();
  const take = async (id: number): Promise<{ session: PgSession; pid: number }> => {
    const session = sessions.use(await postgres.session('administrator'));
    await session.query('BEGIN');
    await session.query(`UPDATE orders SET status = 'processing' WHERE id = $1`, [id]);
    const [backend] = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return { session, pid: backend?.pid ?? 0 };
  };
  let holder: { session: PgSession; pid: number } | undefined;
  let answered = false;
  let answer: Promise<Answer> | undefined;
  for (const id of oldest) {
    const next = await take(id);
    taken.push(id);
    await holder?.session.query('COMMIT');
    holder = next;
    answer ??= service.post(PATH).finally(() => (answered = true));
    // Awaited below; one that fails meanwhile is no stray rejection.
    answer.catch(() => {});
    await eventually(
      `a claim to answer, or to wait for order ${id}, which another takes`,
      async () => {
        const held = await postgres.locksHeld();
        return answered || held.some(({ blockedBy }) => blockedBy.includes(next.pid));
      },
    );
    if (answered) break;
  }
  await holder?.session.query('COMMIT');
  const late = answer && (await answer);
  if (!late) throw new Error('no order is pending');
  const [pending] = await oldestPending(postgres, 1);
  expect(
    late.status,
    `status of a claim while others take order after order, and ${pending} is pending still`,
  ).toBe(200);
  expect(taken, 'orders that others have taken, and not the claim').not.toContain(
    (late.body as Claimed).order.id,
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

/** Refuses updates of orders, at once or when they are committed, as long as a row says so. */
const REFUSE = `
  TRUNCATE orders;
  CREATE TABLE refused (at text NOT NULL);
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF EXISTS (SELECT FROM refused WHERE at = TG_ARGV[0]) THEN RAISE 'refused by the test'; END IF;
      RETURN NEW;
    END $$;
  CREATE TRIGGER refuse BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION refuse('update');
  CREATE CONSTRAINT TRIGGER refuse_late AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse('commit')`;

test('a claim that fails or finds nothing leaves nothing behind', async ({ service, postgres }) => {
  await postgres.query(REFUSE);
  const order = { tenant: TENANT.average, status: 'pending', cents: 100 } as const;
  // One for each claim: a connection that failed may still hold the order it had.
  for (let each = 0; each < 14; each += 1) {
    await placeOrder(postgres, { ...order, placedAt: '2026-02-05T12:00:00Z' });
  }
  const statuses = async (): Promise<number[]> => {
    const seen: number[] = [];
    // With the six of the other kind more than the pool has connections.
    for (let each = 0; each < 6; each += 1) seen.push((await service.post(PATH)).status);
    return seen;
  };
  for (const at of ['update', 'commit']) {
    await postgres.query('INSERT INTO refused VALUES ($1)', [at]);
    const seen = await statuses();
    await postgres.query('DELETE FROM refused');
    const handed = seen.filter((status) => status < 500);
    expect(handed, `answers below 500 to claims whose ${at} the database refused`).toEqual([]);
  }
  const after = await service.post(PATH);
  expect(after.status, 'status of the claim after twelve that the database refused').toBe(200);

  await postgres.query(`DELETE FROM orders WHERE status = 'pending'`);
  const empty = [...(await statuses()), ...(await statuses())];
  const others = empty.filter((status) => status !== 204);
  expect(others, 'answers other than 204 to twelve claims, with no order pending').toEqual([]);
  const late = await placeOrder(postgres, { ...order, placedAt: '2100-01-01T00:00:00Z' });
  const last = await service.post(PATH);
  expect(last.status, `status of a claim when order ${late} of the year 2100 is pending`).toBe(200);
  expect((last.body as Claimed).order.id, 'order of that claim').toBe(late);
});

const asksByParameter = (nodes: readonly PlanNode[]): boolean =>
  nodes.some((node) => /status = \$\d/u.test(`${node.filter ?? ''} ${conditionOf(node)}`));

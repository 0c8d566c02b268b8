import {
  type Answer,
  each,
  explain,
  expect,
  judges,
  lesson,
  PgSession,
  type PostgresProbe,
  runScript,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';
import {
  claim,
  claimAmongOthers,
  oldestPending,
  orderOf,
  PATH,
  REFUSALS,
  settled,
  twoClaims,
  whileRefused,
} from './support/claims.ts';
import { diagnoseClaim } from './support/diagnose-claim.ts';
import { test } from './support/few-orders.ts';
import { LIMIT } from './support/limits.ts';
import { average, placeOrder, STATUSES } from './support/orders.ts';

test(
  'claims take the oldest order, and the lower id of equal instants',
  judges('5.1'),
  async ({ draw, service, postgres }) => {
    const oldest = await oldestPending(postgres, 3);
    const claimed: number[] = [];
    for (let call = 0; call < 3; call += 1) claimed.push((await claim(service)).id);
    expect(claimed, 'ids of three claims, one after the other').toEqual(oldest);

    const order = { tenant: average(draw), status: 'pending', cents: 100 } as const;
    const id = await placeOrder(postgres, { ...order, placedAt: '2024-12-31T12:00:00Z' });
    const next = await claim(service);
    await explain(
      () => {
        expect(next.id, 'the next claim, after an order older than all others was placed').toBe(id);
      },
      () => {
        if (next.placedAt < '2024-12-31T12:00:01Z') return;
        lesson('oldest-by-id', {
          observed: `Order ${id} was placed at 2024-12-31T12:00:00Z and written last; it is the oldest of all. The claim took order ${next.id}, of ${next.placedAt}.`,
          meaning:
            'An id says when a row was written, and not when the customer ordered. Imports and retries write old orders late, and those wait behind all newer ones.',
          lookAt: 'by which column the worker must know the oldest.',
        });
      },
    );
  },
);

/** How many orders have each status. */
async function census(postgres: PostgresProbe): Promise<Record<string, number>> {
  const rows = await postgres.query<{ status: string; orders: number }>(
    'SELECT status, count(*)::float8 AS orders FROM orders GROUP BY status',
  );
  const counted = new Map(rows.map(({ status, orders }) => [status, orders]));
  return Object.fromEntries(STATUSES.map((status) => [status, counted.get(status) ?? 0]));
}

test(
  'a claimed order is processing, and no other order changes',
  judges('5.2'),
  async ({ service, postgres }) => {
    const before = await census(postgres);
    const order = await claim(service);
    await settled(postgres);
    const after = await census(postgres);
    const [row] = await postgres.query<{ status: string }>(
      'SELECT status FROM orders WHERE id = $1',
      [order.id],
    );
    expect(row?.status, `status of the claimed order ${order.id} in the table`).toBe('processing');
    const { pending = 0, processing = 0 } = before;
    expect(after, 'how many orders have each status after one claim').toEqual({
      ...before,
      pending: pending - 1,
      processing: processing + 1,
    });
    await explain(
      () => {
        expect(order.status, 'status of the claimed order in the answer').toBe('processing');
      },
      () => {
        if (order.status !== 'pending') return;
        lesson('row-before-the-update', {
          observed: `Order ${order.id} is processing in the table, and the answer shows it as pending.`,
          meaning:
            'All parts of one statement see the table as it was before it. A worker that is handed a pending order cannot know that it is its own.',
          lookAt: 'which part of the statement returns the row.',
        });
      },
    );
  },
);

test('a claim reads few buffers', judges('5.3'), async ({ service, postgres }) => {
  const claims = 5;
  const { buffers } = await postgres.measure(async () => {
    for (let call = 0; call < claims; call += 1) await claim(service);
  });
  const mean = Math.round(buffers / claims);
  const cost = `A claim read ${thousands(mean)} buffers, the mean of ${claims}; ${LIMIT.claim} are allowed`;
  await explain(
    () => {
      expect(mean, cost).toBeLessThanOrEqual(LIMIT.claim);
    },
    () => diagnoseClaim(postgres, cost),
  );
});

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

const houseRuleBroken = (observed: string): never =>
  lesson('house-rule', {
    observed,
    meaning:
      'A setting made for the connection, the transaction or the role turns the rule off for whatever else runs there, and the next planner that burns a core is ours. The people who made the rule will not see it in any statement.',
    lookAt: 'what the statement itself could say, so that one plan for all values is a good one.',
  });

test('a claim is planned by the house rule', judges('5.4'), async ({ service, postgres }) => {
  await postgres.query(WATCH_SETTING);
  await service.post(PATH);
  await settled(postgres);
  const seen = await postgres.query<{ value: string }>('SELECT DISTINCT value FROM seen_settings');
  await postgres.query(UNWATCH);
  const settings = seen.map(({ value }) => value);
  await explain(
    () => {
      expect(settings, 'plan_cache_mode of the connections that claimed').toEqual([HOUSE_RULE]);
    },
    () => {
      const other = settings.find((value) => value !== HOUSE_RULE);
      if (other === undefined) return;
      houseRuleBroken(
        `While a claim was written, its connection had plan_cache_mode = ${other}. The DBAs gave our role ${HOUSE_RULE}, and a new connection starts with it.`,
      );
    },
  );
});

test('migrations leave the house rule alone', judges('5.4'), async ({ run, fewOrders }) => {
  await using lease = await fewOrders();
  await runScript('migrate', { run, lease });
  await using session = await PgSession.open(lease.postgres.adminUrl);
  const rows = await session.query<{ setting: string }>(
    `SELECT concat_ws(' ', coalesce(r.rolname, 'every role'), 'in', coalesce(d.datname, 'every database'),
                      'has', setting) AS setting
       FROM pg_db_role_setting s
       LEFT JOIN pg_roles r ON r.oid = s.setrole
       LEFT JOIN pg_database d ON d.oid = s.setdatabase,
            unnest(s.setconfig) AS setting
      WHERE (s.setrole = 0 OR r.rolname = $1)
        AND (s.setdatabase = 0 OR d.datname = current_database())
        AND setting LIKE 'plan\\_cache\\_mode=%'`,
    [lease.postgres.role],
  );
  const settings = rows.map(({ setting }) => setting);
  await explain(
    () => {
      expect(settings.length, 'settings of plan_cache_mode after the migrations').toBe(1);
      expect(settings[0], 'the setting after the migrations').toContain(HOUSE_RULE);
    },
    () =>
      houseRuleBroken(
        `After npm run migrate ${settings.join(' and ') || 'no role and no database has plan_cache_mode'}. The DBAs gave our role ${HOUSE_RULE}.`,
      ),
  );
});

/** A claim may have locked its order by then, or may only have found it. */
const MOMENTS = ['row', 'statement'] as const;

test(
  'claims at the same time take different orders',
  judges('5.5'),
  async ({ service, postgres, definition }) => {
    await each('pairs of claims', MOMENTS, async (moment) => {
      const answers = await twoClaims(postgres, service, definition, moment);
      const taken = answers
        .filter(({ status }) => status === 200)
        .map((answer) => orderOf(answer).id);
      await explain(
        () => {
          expect(
            new Set(taken).size,
            `different orders, when two claims at the same time got ${taken.join(' and ')}`,
          ).toBe(taken.length);
        },
        () =>
          lesson('claimed-twice', {
            observed: `One worker was about to take the oldest order when another asked, at a second instance. Both were handed order ${taken[0]}.`,
            meaning:
              'Both looked for the oldest pending order before either had changed it. An UPDATE waits for the lock of its row, and then goes on with the row that was found, whatever its status has become.',
            lookAt:
              'what the SELECT that finds the order does about orders that others are just taking, and when the lock that it takes ends.',
          }),
      );
    });
  },
);

/** Requires a claim to have got an order, for one was free. */
async function expectAnOrder(answer: Answer, postgres: PostgresProbe, when: string): Promise<void> {
  const pending = (await oldestPending(postgres, 100)).length;
  await explain(
    () => {
      expect(answer.status, `status of a claim ${when}`).toBe(200);
    },
    () => {
      if (answer.status !== 204 || pending < 2) return;
      lesson('empty-handed', {
        observed: `The service answered 204 to a claim ${when}. ${pending === 100 ? '100 and more' : pending} orders were pending, and nobody had locked them.`,
        meaning:
          'To a worker 204 says that there is nothing to do, and it goes to sleep. One that came second to another has not seen that: the next order was free.',
        lookAt: 'what a claim does when it does not get what it tried for first.',
      });
    },
  );
}

test(
  'a second claim gets an order while the first is still busy',
  judges('5.6'),
  async ({ service, postgres, definition }) => {
    const answers = await twoClaims(postgres, service, definition, 'row');
    await each('claims', answers, (answer) =>
      expectAnOrder(answer, postgres, 'at the same time as another'),
    );
  },
);

test(
  'two claims that have found an order before either takes it both get one',
  judges('5.6'),
  async ({ service, postgres, definition }) => {
    const answers = await twoClaims(postgres, service, definition, 'statement');
    await each('claims', answers, (answer) =>
      expectAnOrder(answer, postgres, 'that found its order when another was about to take one'),
    );
  },
);

test(
  'a claim that comes too late for one order takes another',
  judges('5.6'),
  async ({ service, postgres }) => {
    const { answer } = await claimAmongOthers(postgres, service);
    await expectAnOrder(answer, postgres, 'while others take order after order');
  },
);

test(
  'a claim does not get an order that another has taken',
  judges('5.5'),
  async ({ service, postgres }) => {
    const { answer, taken } = await claimAmongOthers(postgres, service);
    const order = answer.status === 200 ? orderOf(answer).id : undefined;
    await explain(
      () => {
        expect(taken, 'orders that others have taken').not.toContain(order);
      },
      () =>
        lesson('claimed-twice', {
          observed: `Another worker was about to take order ${order} when a claim came. It waited, and was handed the same order.`,
          meaning:
            'The claim found the order while it was still pending. An UPDATE waits for the lock of its row, and then goes on with the row that was found, whatever its status has become.',
          lookAt:
            'what the SELECT that finds the order does about orders that others are just taking.',
        }),
    );
  },
);

test(
  'a claim that the database refuses is a 5xx, and its order stays pending',
  judges('5.7'),
  async ({ definition, postgres }) => {
    // Of its own: connections that it loses are missed by no other test.
    await using service = await definition.start();
    await each('refusals', REFUSALS, async (at) => {
      const [oldest] = await oldestPending(postgres, 1);
      const { status } = await whileRefused(postgres, at, () => service.post(PATH));
      const [still] = await oldestPending(postgres, 1);
      await explain(
        () => {
          expect(
            status,
            `status of a claim whose ${at} the database refused`,
          ).toBeGreaterThanOrEqual(500);
        },
        () => {
          if (status !== 200 || still !== oldest) return;
          lesson('answered-too-early', {
            observed: `The database refused the ${at} of a claim. The service answered 200, and order ${oldest} is still pending.`,
            meaning:
              'Until its commit has succeeded, a transaction has changed nothing. A worker that has the answer already processes the order, and so does the next one that claims it.',
            lookAt: 'what can still fail behind the line that sends the answer.',
          });
        },
      );
      expect(still, `the oldest pending order, after the ${at} of its claim was refused`).toBe(
        oldest,
      );
      const next = await claim(service);
      expect(next.id, 'the order of the next claim, which is not refused').toBe(oldest);
    });
  },
);

/** More than the pool has connections. */
const TWELVE = Array.from({ length: 12 });

/** Requires that the next claim finds a connection and gets an order. */
async function expectToGoOn(
  service: StartedService,
  postgres: PostgresProbe,
  after: string,
): Promise<void> {
  const { status } = await service.post(PATH);
  await explain(
    () => {
      expect(status, `status of the claim after ${after}`).toBe(200);
    },
    async () => {
      const sessions = await postgres.query<{ state: string }>(
        `SELECT state FROM pg_stat_activity
          WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
      );
      if (sessions.length < 2) return;
      lesson('connection-kept', {
        observed: `After ${after} the service answered ${status} to the next claim. ${sessions.length} connections of the service are ${sessions[0]?.state}, and do nothing.`,
        meaning:
          'Each failed claim took a connection from the pool and did not give it back. When the pool is empty, every request of the service waits for one, and none comes.',
        lookAt: 'the ways out of the handler, and which of them put the connection away.',
      });
    },
  );
}

test(
  'twelve refused claims leave connections for the next',
  judges('5.8'),
  async ({ definition, postgres }) => {
    await each('refusals', REFUSALS, async (at) => {
      await using service = await definition.start();
      await whileRefused(postgres, at, () => Promise.all(TWELVE.map(() => service.post(PATH))));
      await expectToGoOn(service, postgres, `twelve claims whose ${at} the database refused`);
    });
  },
);

// The last two: no order is pending from here on.
const TAKE_ALL = `UPDATE orders SET status = 'shipped' WHERE status = 'pending'`;

test(
  'a claim is a 204 only when no order is pending',
  judges('5.6'),
  async ({ draw, service, postgres }) => {
    await postgres.query(TAKE_ALL);
    const empty = await service.post(PATH);
    expect(empty.status, 'status of a claim when no order is pending').toBe(204);
    const order = { tenant: average(draw), status: 'pending', cents: 100 } as const;
    const late = await placeOrder(postgres, { ...order, placedAt: '2100-01-01T00:00:00Z' });
    const last = await service.post(PATH);
    expect(last.status, `status of a claim when order ${late} of the year 2100 is pending`).toBe(
      200,
    );
    expect(orderOf(last).id, 'order of that claim').toBe(late);
  },
);

test(
  'twelve claims that find nothing leave connections for the next',
  judges('5.8'),
  async ({ draw, definition, postgres }) => {
    await using service = await definition.start();
    await postgres.query(TAKE_ALL);
    await Promise.all(TWELVE.map(() => service.post(PATH)));
    const order = { tenant: average(draw), status: 'pending', cents: 100 } as const;
    await placeOrder(postgres, { ...order, placedAt: '2026-01-01T12:00:00Z' });
    await expectToGoOn(service, postgres, 'twelve claims that found nothing');
  },
);

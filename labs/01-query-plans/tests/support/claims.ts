import {
  type Answer,
  expect,
  happens,
  type PgSession,
  type PostgresProbe,
  type Service,
  type StartedService,
  eventually,
} from '@backend-labs/testkit';
import type { Order } from './orders.ts';

export const PATH = '/internal/orders/claim';

/** The order that a claim was answered with. */
export function orderOf(answer: Answer): Order {
  const { body } = answer.expect(200);
  expect(body, `POST ${PATH} must answer { "order": { … } }`).toHaveProperty('order.id');
  return (body as { readonly order: Order }).order;
}

export async function claim(service: StartedService): Promise<Order> {
  return orderOf(await service.post(PATH));
}

/** Ids of pending orders, in the order in which they must be claimed. */
export async function oldestPending(postgres: PostgresProbe, many: number): Promise<number[]> {
  const rows = await postgres.query<{ id: number }>(
    `SELECT id::float8 AS id FROM orders WHERE status = 'pending'
      ORDER BY placed_at, orders.id LIMIT $1`,
    [many],
  );
  return rows.map(({ id }) => id);
}

/** The advisory lock that updates of orders wait for; any number that nobody else takes. */
const GATE = 4_120;
/**
 * When an update waits: with its row locked, or before it has looked at any row. In the second case a
 * claim has kept nothing but what it locked in the same transaction.
 */
export type Moment = 'row' | 'statement';
const holdUpdates = (moment: Moment): string => `
  CREATE FUNCTION hold_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout = 0 AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(${GATE});
        RETURN NEW;
      END $$;
  CREATE TRIGGER hold_update BEFORE UPDATE ON orders
    FOR EACH ${moment} EXECUTE FUNCTION hold_update()`;
const LET_UPDATES = 'DROP TRIGGER hold_update ON orders; DROP FUNCTION hold_update()';

/** How many sessions of the service wait for a lock. */
async function waiting(postgres: PostgresProbe): Promise<number> {
  const held = await postgres.locksHeld();
  return new Set(held.filter(({ granted }) => !granted).map(({ pid }) => pid)).size;
}

/**
 * Answers of two claims to two instances, the second sent while the first is about to write its
 * order: with that row locked, or right before its update looks at any row. A second one that waits may do so in the database, where it is seen, or by asking again and
 * again, where it is not: it is given five seconds, and then the first may write.
 */
export async function twoClaims(
  postgres: PostgresProbe,
  service: StartedService,
  definition: Service,
  moment: Moment,
): Promise<Answer[]> {
  await using second = await definition.start();
  await postgres.query(holdUpdates(moment));
  await using gate = await postgres.session('administrator');
  await gate.query('SELECT pg_advisory_lock($1)', [GATE]);
  let answered = 0;
  const send = (instance: StartedService): Promise<Answer> => {
    const answer = instance.post(PATH).finally(() => (answered += 1));
    // Awaited below: without this, an early failure would end the process.
    answer.catch(() => {});
    return answer;
  };
  const claims = [send(service)];
  await eventually(
    'a claim to update an order, or to answer',
    async () => answered + (await waiting(postgres)) > 0,
  );
  claims.push(send(second));
  await happens(async () => answered + (await waiting(postgres)) > 1, { within: 5_000 });
  await gate.query('SELECT pg_advisory_unlock($1)', [GATE]);
  const answers = await Promise.all(claims);
  await postgres.query(LET_UPDATES);
  return answers;
}

/** Takes an order as another worker does, in a transaction that stays open. */
async function takeElsewhere(
  postgres: PostgresProbe,
  id: number,
): Promise<{ readonly session: PgSession; readonly pid: number }> {
  const session = await postgres.session('administrator');
  await session.query('BEGIN');
  await session.query(`UPDATE orders SET status = 'processing' WHERE id = $1`, [id]);
  const [backend] = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return { session, pid: backend?.pid ?? 0 };
}

/**
 * The answer to a claim while five orders are taken by others, one after the other: each when the one
 * before it is gone, so that a claim that looks first and takes then is late five times.
 */
export async function claimAmongOthers(
  postgres: PostgresProbe,
  service: StartedService,
): Promise<{ readonly answer: Answer; readonly taken: readonly number[] }> {
  const taken: number[] = [];
  await using sessions = new AsyncDisposableStack();
  let holder: PgSession | undefined;
  let answered = false;
  let claimed: Promise<Answer> | undefined;
  for (const id of await oldestPending(postgres, 5)) {
    const next = await takeElsewhere(postgres, id);
    sessions.use(next.session);
    taken.push(id);
    await holder?.query('COMMIT');
    holder = next.session;
    claimed ??= service.post(PATH).finally(() => (answered = true));
    // Awaited below: without this, an early failure would end the process.
    claimed.catch(() => {});
    await eventually(
      `a claim to answer, or to wait for order ${id}, which another takes`,
      async () => {
        const held = await postgres.locksHeld();
        return answered || held.some(({ blockedBy }) => blockedBy.includes(next.pid));
      },
    );
    if (answered) break;
  }
  await holder?.query('COMMIT');
  if (!claimed) throw new Error('no order is pending');
  return { answer: await claimed, taken };
}

const REFUSE = `
  CREATE TABLE refused (at text NOT NULL);
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF EXISTS (SELECT FROM refused WHERE at = TG_ARGV[0]) THEN RAISE 'refused by the test'; END IF;
      RETURN NEW;
    END $$;
  CREATE TRIGGER refuse BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION refuse('update');
  CREATE CONSTRAINT TRIGGER refuse_late AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse('commit')`;
const ALLOW = `
  DROP TRIGGER refuse ON orders; DROP TRIGGER refuse_late ON orders;
  DROP FUNCTION refuse(); DROP TABLE refused`;

/** Waits, ten seconds at most, until no transaction of the service can still be committed. */
export async function settled(postgres: PostgresProbe): Promise<void> {
  await happens(
    async () => {
      const busy = await postgres.query(
        `SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND state IN ('active', 'idle in transaction')`,
      );
      return busy.length === 0;
    },
    { within: 10_000 },
  );
}

/** When the database refuses updates of orders. */
export const REFUSALS = ['update', 'commit'] as const;

/** Does something while the database refuses every update of an order. */
export async function whileRefused<T>(
  postgres: PostgresProbe,
  at: (typeof REFUSALS)[number],
  work: () => Promise<T>,
): Promise<T> {
  await postgres.query(REFUSE);
  await postgres.query('INSERT INTO refused VALUES ($1)', [at]);
  try {
    const result = await work();
    // A claim that answers before its commit must also meet the refusal.
    await settled(postgres);
    return result;
  } finally {
    await postgres.query('DELETE FROM refused');
    await postgres.query(ALLOW);
  }
}

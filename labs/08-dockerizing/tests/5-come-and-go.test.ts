import { setTimeout as sleep } from 'node:timers/promises';
import {
  Draw,
  eventually,
  expect,
  explain,
  happens,
  judges,
  lesson,
  PgSession,
  runScript,
  type ServiceErrorCode,
  TcpProxy,
  beforeStatement,
  gate,
  test as base,
} from '@backend-labs/testkit';
import { exitsAtOnce } from './support/lessons.ts';

const SILENT_MS = 3_000;
const STOP_MS = 10_000;

/** A service whose database can be taken away. */
const test = base
  .extend('line', { scope: 'file' }, async ({ cleanup, lease }) =>
    cleanup.use(await TcpProxy.to(lease.postgres?.url ?? '')),
  )
  .extend('cut', { scope: 'file' }, async ({ cleanup, file, definition, line, lease }) =>
    file.once('cut', async () => {
      const url = line.rewrite(lease.postgres?.url ?? '');
      return cleanup.use(await definition.with({ DATABASE_URL: url }).start());
    }),
  );

test(
  'the service is alive while its database cannot be reached',
  judges('5.1'),
  async ({ cut, line }) => {
    line.refuse();
    line.cut();
    try {
      const status = await statusOf(() => cut.get('/healthz', { within: SILENT_MS }));
      await explain(
        () => expect(status, 'GET /healthz while the database refuses connections').toBe(200),
        () => {
          if (typeof status !== 'number' || status < 500) return;
          lesson('alive-means-database', {
            observed: `While the database refused connections, GET /healthz answered ${status}.`,
            meaning:
              'The cluster asks /healthz whether a restart would help, and a restart of this process repairs no database. With this answer it kills every replica, again and again, until the database is back; and then they all come back at once.',
            lookAt: 'what each of the two checks makes the cluster do',
          });
        },
      );
    } finally {
      await line.resume();
    }
  },
);

test(
  'the service is ready exactly while its database answers',
  judges('5.2'),
  async ({ cut, line }) => {
    const ready = (): Promise<Outcome> => statusOf(() => cut.get('/readyz', { within: SILENT_MS }));
    await eventually('GET /readyz to answer 200', async () => (await ready()) === 200);
    line.refuse();
    line.cut();
    const refused = await within(ready, 503);
    await line.resume();
    await eventually(
      'GET /readyz to answer 200 when the database is back',
      async () => (await ready()) === 200,
    );
    line.ignore();
    line.stall();
    const silent = await within(ready, 503);
    line.cut();
    await line.resume();
    await eventually(
      'GET /readyz to answer 200 when the database is back',
      async () => (await ready()) === 200,
    );
    await explain(
      () => {
        expect(refused, 'GET /readyz while the database refuses connections').toBe(503);
        expect(
          silent,
          `GET /readyz within ${SILENT_MS / 1000} s while the database is silent`,
        ).toBe(503);
      },
      () => {
        if (refused === 200)
          lesson('always-ready', {
            observed: 'While the database refused connections, GET /readyz answered 200.',
            meaning:
              'The cluster asks /readyz whether to send requests here. Each request that it sends now ends in an error, while another replica may have a database.',
            lookAt: 'what a request needs to be answered',
          });
        if (refused === 503 && silent === 'NO_ANSWER')
          lesson('waits-for-the-silent', {
            observed: `While the database accepted connections and said nothing, GET /readyz had no answer within ${SILENT_MS / 1000} s.`,
            meaning:
              'A check that waits as long as what it checks tells nothing. A database whose host is gone does not refuse; it is silent, and so is everything that waits for it.',
            lookAt: 'how long a check may take, and what it answers then',
          });
      },
    );
  },
);

test(
  'a request in flight gets its answer, and then the service ends',
  judges('5.3'),
  async ({ definition, postgres, run }) => {
    const parcel = new Draw(run.seed, 'in flight').int(1, 100);
    await using service = await definition.start();
    await using lock = await postgres.session('administrator');
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE labels IN ACCESS EXCLUSIVE MODE');
    const answer = statusOf(() => service.post(`/v1/parcels/${parcel}/labels`));
    await eventually('the request to wait for the table', async () => {
      const [found] = await lock.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_locks
         WHERE NOT granted AND relation = 'labels'::regclass`,
      );
      return (found?.waiting ?? 0) > 0;
    });
    service.signal('SIGTERM');
    // Until it has shown that it knows of the signal; a design that shows nothing has its time too.
    await happens(
      async () => !service.running || (await statusOf(() => service.get('/readyz'))) !== 200,
      { within: 2_000 },
    );
    const exitedEarly = !service.running;
    await lock.query('COMMIT');
    const status = await answer;
    const exit = await Promise.race([service.exited, sleep(STOP_MS, undefined, { ref: false })]);
    await explain(
      () => {
        expect(status, 'the answer to the request in flight').toBe(201);
        expect(exit?.code ?? 'still running', `the exit code within ${STOP_MS / 1000} s`).toBe(0);
      },
      () => {
        if (exitedEarly) exitsAtOnce();
      },
    );
  },
);

test(
  'after SIGTERM the service is no longer ready',
  judges('5.4'),
  async ({ definition, postgres, run }) => {
    const parcel = new Draw(run.seed, 'no longer ready').int(1, 100);
    await using service = await definition.start();
    await using lock = await postgres.session('administrator');
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE labels IN ACCESS EXCLUSIVE MODE');
    const answer = statusOf(() => service.post(`/v1/parcels/${parcel}/labels`));
    await eventually('the request to wait for the table', async () => {
      const [found] = await lock.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_locks
         WHERE NOT granted AND relation = 'labels'::regclass`,
      );
      return (found?.waiting ?? 0) > 0;
    });
    service.signal('SIGTERM');
    const gone = await happens(async () => (await statusOf(() => service.get('/readyz'))) !== 200, {
      within: 2_000,
    });
    const running = service.running;
    await lock.query('ROLLBACK');
    await answer;
    await explain(
      () =>
        expect(
          gone && running ? 'not ready' : running ? 'ready' : 'ended',
          'with a request in flight, 2 s after SIGTERM',
        ).toBe('not ready'),
      () => {
        if (running)
          lesson('ready-to-the-end', {
            observed:
              'Two seconds after SIGTERM, with a request still in flight, GET /readyz answered 200.',
            meaning:
              'The cluster goes on sending requests to each replica that says it is ready. Those that arrive between now and the end of the process are lost.',
            lookAt:
              'what the service knows about itself after the signal, and how the readiness check can know it too',
          });
        exitsAtOnce();
      },
    );
  },
);

test(
  'two replicas migrate one database at the same time',
  judges('5.5'),
  async ({ cleanup, run, unmigrated }) => {
    const url = unmigrated.postgres?.url ?? '';
    const held = cleanup.use(gate(1, { opens: 'by hand' }));
    const proxy = cleanup.use(
      await TcpProxy.to(url, () =>
        beforeStatement(async (sql) =>
          /CREATE TABLE (?:IF NOT EXISTS )?labels\b/iu.test(sql) ? held.arrive() : undefined,
        ),
      ),
    );
    const migrate = (through: string) =>
      runScript('migrate', { run, lease: { env: { DATABASE_URL: through } } });
    const first = migrate(proxy.rewrite(url));
    await Promise.race([held.reached(), first]);
    await using look = await PgSession.open(url);
    let ended = false;
    const second = migrate(url).finally(() => (ended = true));
    // Until the second has gone as far as it can without the first.
    await happens(
      async () => {
        const [found] = await look.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return ended || (found?.waiting ?? 0) > 0;
      },
      { within: 5_000 },
    );
    held.open();
    const outcomes = await Promise.all([first, second]);
    await explain(
      () =>
        expect(
          outcomes.map(({ code }) => code),
          'exit codes of the two migrations',
        ).toEqual([0, 0]),
      () => {
        const loser = outcomes.find(({ code }) => code !== 0);
        const said = [...(loser?.stderr ?? []), ...(loser?.stdout ?? [])].find((line) =>
          /already exists|duplicate key/u.test(line),
        );
        if (said === undefined) return;
        lesson('migrates-without-a-lock', {
          observed: `Two replicas migrated one database at the same time, and one of them failed: ${said.trim().slice(0, 140)}.`,
          meaning:
            'Each of them looked which migrations were missing before the other had written that it applied one. Neither IF NOT EXISTS nor a transaction makes the second wait before it looks.',
          lookAt:
            'a lock in the database that stands for the whole migration, taken before the first look',
        });
      },
    );
    const tables = await look.query(`SELECT 1 FROM pg_tables WHERE tablename = 'labels'`);
    expect(tables.length, 'tables named labels').toBe(1);
  },
);

/** Asks until the answer is the `wanted` one or the time of the ticket is over; gives the last. */
async function within(ask: () => Promise<Outcome>, wanted: number): Promise<Outcome> {
  let last: Outcome = 'NO_ANSWER';
  const look = async (): Promise<boolean> => (last = await ask()) === wanted;
  await happens(look, { within: SILENT_MS, every: 100 });
  return last;
}

type Outcome = number | ServiceErrorCode;

/** The status of an answer, or what came instead of one. */
async function statusOf(ask: () => Promise<{ readonly status: number }>): Promise<Outcome> {
  try {
    return (await ask()).status;
  } catch (error) {
    if (error instanceof Error && error.name === 'ServiceError' && 'code' in error)
      return error.code as ServiceErrorCode;
    throw error;
  }
}

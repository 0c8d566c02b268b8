import {
  each,
  explain,
  expect,
  judges,
  lesson,
  PgSession,
  type PostgresProbe,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';
import { randomUUID } from 'node:crypto';
import { test } from './support/few-orders.ts';
import { expectLines } from './support/lines.ts';

const PATH = '/internal/top-queries';

interface Entry {
  readonly query: string;
  readonly calls: number;
  readonly buffers: number;
}

/** In every statement of this file: other runs send the same to other databases of the server. */
const OWN = `run_${randomUUID().slice(0, 8)}`;

/**
 * Two buffers of a system table a look, long in cache. The name stands where it is seen even if the
 * text is cut. Names make no difference to the statistics, the number of columns does.
 */
const looks = (name: string, columns = 0): string =>
  `SELECT count(*) AS ${name}_${OWN}${Array.from({ length: columns }, (_, at) => `, 0 AS column_${at}`).join('')}
  FROM generate_series(1, $1::int) n, LATERAL (SELECT FROM pg_class WHERE oid = n::oid OFFSET 0)`;
/** 60,000 buffers, so that no statement of the lab comes near. */
const MANY = 30_000;
const AUDIT = looks('audit');
/** Reads like it, but for the end. */
const AUDIT_OF_SOME = `${AUDIT} WHERE n % 3 > 0`;
/** Slow, once a night, and it reads nothing. */
const NIGHTLY = `SELECT pg_sleep($1) AS nightly_job_${OWN}`;
/** What monitors ask all day: twelve statements, each of which reads buffers. */
const MONITORS = Array.from({ length: 12 }, (_, more) => looks('monitor', more));

/** Forgets what was counted in this database. */
async function forget(postgres: PostgresProbe): Promise<void> {
  await postgres.query(
    `SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database
      WHERE datname = current_database()`,
  );
}

/** What the statistics say of this database, most buffers first. */
function costs(postgres: PostgresProbe): Promise<Entry[]> {
  return postgres.query<Entry>(
    `SELECT min(query) AS query, sum(calls)::float8 AS calls,
            sum(shared_blks_hit + shared_blks_read)::float8 AS buffers
       FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      GROUP BY queryid ORDER BY buffers DESC`,
  );
}

async function topQueries(service: StartedService): Promise<Entry[]> {
  const { body } = (await service.get(PATH)).expect(200);
  expect(body, `GET ${PATH} must answer { "queries": [ … ] }`).toHaveProperty('queries');
  const { queries } = body as { queries: unknown };
  expect(queries, `"queries" of GET ${PATH} must be a list`).toBeInstanceOf(Array);
  for (const entry of queries as unknown[]) {
    expect(entry, 'an entry must have query (text), calls and buffers (numbers)').toMatchObject({
      query: expect.any(String),
      calls: expect.any(Number),
      buffers: expect.any(Number),
    });
  }
  return queries as Entry[];
}

/** Entries of statements that begin with some words, wherever lines break. */
const those = (entries: readonly Entry[], begin: string): Entry[] =>
  entries.filter(({ query }) => query.replaceAll(/\s+/gu, ' ').includes(`${begin}_${OWN}`));

const isOwn = ({ query }: Entry): boolean => query.includes(OWN);

/** A statement as a message names it. */
function short({ query, calls, buffers }: Entry): string {
  const text = query.replaceAll(/\s+/gu, ' ').trim();
  const cut = text.length > 60 ? `${text.slice(0, 60)} …` : text;
  return `${cut} (${calls} calls, ${thousands(buffers)} buffers)`;
}

/** AUDIT_BY_SCRATCH also reads pages of a temporary table, which do not count as shared blocks. */
const SCRATCH = `CREATE TEMP TABLE scratch_${OWN} AS SELECT FROM generate_series(1, ${2 * MANY})`;
const AUDIT_BY_SCRATCH = `${looks('audit', 80)} WHERE n < (SELECT count(*) FROM scratch_${OWN})`;

/** Of pages that this database has not read before. */
const SCAN = `SELECT count(*) AS scan_${OWN}, max(total_cents) FROM orders WHERE id <= 50000`;

test(
  'an entry has the whole text of its statement, its calls and buffers',
  judges('1.1'),
  async ({ service, postgres }) => {
    await using auditor = await postgres.session('administrator');
    await auditor.query(SCRATCH);
    await forget(postgres);
    await auditor.query(SCAN);
    for (let call = 0; call < 3; call += 1) await auditor.query(AUDIT_BY_SCRATCH, [MANY]);
    const entries = await topQueries(service);
    const there = await costs(postgres);
    await each('entries', ['AS scan', 'AS audit'], async (begin) => {
      const [found] = those(entries, begin);
      const [must] = those(there, begin);
      if (!found || !must) {
        expect.fail(`${PATH} must list a statement that read ${must?.buffers} buffers.`);
      }
      await explain(
        () => {
          const { query, calls, buffers } = found;
          const also = begin === 'AS audit' ? ', which also read a temporary table' : '';
          expect({ query, calls, buffers }, `the entry of a statement${also}`).toEqual(must);
        },
        () => {
          const { length } = found.query;
          if (length >= must.query.length) return;
          if (!must.query.startsWith(found.query.slice(0, -5))) return;
          lesson('text-cut', {
            observed: `A statement of ${thousands(must.query.length)} characters is listed with ${thousands(length)} of them.`,
            meaning:
              'Statements of one table begin alike, and differ in what they join and filter. A reader of the list cannot tell which one to look at, and cannot paste it behind EXPLAIN.',
            lookAt:
              'whether the endpoint or the page that shows the list should decide how much is shown.',
          });
        },
      );
    });
  },
);

test(
  'the statement that read the most buffers comes first',
  judges('1.2'),
  async ({ service, postgres }) => {
    await using job = await postgres.session('service');
    await forget(postgres);
    await job.query(looks('audit'), [MANY]);
    await job.query(NIGHTLY, [0.3]);
    // Little in each call, most of all calls together.
    for (let call = 0; call < 40; call += 1) await job.query(looks('patrol', 1), [MANY / 30]);
    await job.query(looks('count_down', 2), [MANY / 3]);
    const there = (await costs(postgres)).filter(isOwn);
    const all = await topQueries(service);
    // An entry of another database is another point's.
    const entries = all.filter(isOwn);
    const [first] = entries;
    const [costliest] = there;
    await explain(
      () => {
        const seen = entries.slice(0, 3);
        expectLines(seen.map(short), there.slice(0, 3).map(short), 'the entries that read most');
        const order = all.map(({ buffers }) => buffers);
        const sorted = order.toSorted((a, b) => b - a);
        expect(order, 'buffers of the entries, from most to least').toEqual(sorted);
      },
      () => {
        if (!costliest || first?.query.includes('nightly_job') !== true) return;
        lesson('slowest-first', {
          observed: `The first entry is a nightly job that sleeps: 1 call, ${thousands(first.buffers)} buffers. What read most comes behind it, with ${thousands(costliest.buffers)} buffers in ${costliest.calls} calls.`,
          meaning:
            'A duration names what somebody waited for, not what the database worked for. A statement can be slow because it waits, and a quick one that runs all day can be most of the load.',
          lookAt: 'the columns that count blocks, summed over all calls and not per call.',
        });
      },
    );
  },
);

/** Statements of all kinds, each with the words it begins with. */
const KINDS = [
  ['SELECT count(*) AS audit', looks('audit')],
  [
    'SELECT count(*) AS monitor',
    `${looks('monitor')} WHERE EXISTS (SELECT FROM pg_stat_statements)`,
  ],
  [
    'UPDATE orders AS correction',
    `UPDATE orders AS correction_${OWN} SET total_cents = $1 WHERE id <= 2000`,
  ],
  [
    'WITH closing',
    `WITH closing_${OWN} AS MATERIALIZED (${looks('closed')}) SELECT * FROM closing_${OWN}`,
  ],
  ['CREATE TEMP TABLE archive', `CREATE TEMP TABLE archive_${OWN} AS ${looks('kept')}`],
  ['SELECT $1::int AS heartbeat', `SELECT $1::int AS heartbeat_${OWN}`],
] as const;

test(
  'statements of all kinds and roles are listed',
  judges('1.3'),
  async ({ service, postgres }) => {
    await using auditor = await postgres.session('administrator');
    await forget(postgres);
    for (const [, sql] of KINDS) await auditor.query(sql, [MANY]);
    const entries = await topQueries(service);
    const there = await costs(postgres);
    const missing = KINDS.filter(([begin]) => those(entries, begin).length === 0);
    const begins = missing.map(([begin]) => begin);
    await each('statements of the administrator', KINDS, async ([begin]) => {
      await explain(
        () => {
          const [must] = those(there, begin);
          expect(
            those(entries, begin).length,
            `entries of ${begin} …, a statement that ran once and read ${thousands(must?.buffers ?? 0)} buffers`,
          ).toBe(1);
        },
        () => {
          if (begins.join() === 'SELECT count(*) AS monitor') {
            lesson('hides-the-monitor', {
              observed: `The administrator ran ${KINDS.length} statements. All are listed but the one that also reads pg_stat_statements.`,
              meaning:
                'The endpoint leaves out whatever mentions the statistics, and not only itself. Monitoring that reads them every ten seconds is a usual reason for load, and stays hidden here.',
              lookAt: 'a sign by which the endpoint knows its own statement and no other.',
            });
          }
          if (
            begins.some((word) => /^(?:WITH|CREATE)/u.test(word)) &&
            begins.length < KINDS.length
          ) {
            lesson('some-kinds-only', {
              observed: `The administrator ran ${KINDS.length} statements. Not listed: ${begins.join(', ')}.`,
              meaning:
                'Many reports begin with a CTE, and CREATE TABLE AS and REFRESH read as much as any SELECT. A list of the first words that count always misses one.',
              lookAt: 'whether the first word of a statement says anything about what it reads.',
            });
          }
        },
      );
    });
  },
);

test('the list has ten entries or more', judges('1.4'), async ({ service, postgres }) => {
  await using auditor = await postgres.session('administrator');
  await forget(postgres);
  for (const [at, monitor] of MONITORS.entries()) await auditor.query(monitor, [100 * (at + 1)]);
  const entries = await topQueries(service);
  const { length } = entries;
  await explain(
    () => {
      expect(
        length,
        `entries, when ${MONITORS.length} statements ran that read buffers`,
      ).toBeGreaterThanOrEqual(10);
    },
    async () => {
      const listed = entries.filter(isOwn).map(short);
      const costliest = (await costs(postgres)).filter(isOwn).map(short).slice(0, listed.length);
      if (listed.length === 0 || listed.join() !== costliest.join()) return;
      lesson('list-cut-short', {
        observed: `${MONITORS.length} statements ran, and each read buffers. The list has ${length === 1 ? '1 entry' : `${length} entries`}.`,
        meaning:
          'After the first fix the next statement is looked for, and the one after that. A list that ends too soon sends its readers back to the database.',
        lookAt: 'how many entries the statement returns at most.',
      });
    },
  );
});

test(
  'the same statement with other values is one entry',
  judges('1.5'),
  async ({ service, postgres }) => {
    await using job = await postgres.session('service');
    await using auditor = await postgres.session('administrator');
    await forget(postgres);
    await auditor.query(AUDIT, [MANY]);
    await auditor.query(AUDIT_OF_SOME, [MANY]);
    await job.query(AUDIT_OF_SOME, [MANY / 2]);
    const found = those(await topQueries(service), 'AS audit');
    const must = those(await costs(postgres), 'AS audit');
    const calls = (entries: readonly Entry[]): number[] =>
      entries.map((entry) => entry.calls).toSorted((a, b) => a - b);
    await explain(
      () => {
        expect(
          calls(found),
          `calls of the entries, when one statement ran once, and one that differs from it at the end was run by two roles`,
        ).toEqual(calls(must));
      },
      () => {
        if (calls(found).join() !== '1,1,1') return;
        lesson('entry-for-each-role', {
          observed: `Two roles ran one statement, once each, and it is listed twice with one call: ${found.map(short).join('; ')}.`,
          meaning:
            'pg_stat_statements counts by role, database and statement. Costs that are split among roles make the most expensive statement look cheaper than it is.',
          lookAt: 'which rows of the view belong to one statement.',
        });
      },
    );
  },
);

test(
  'another database of the server has no entry',
  judges('1.6'),
  async ({ postgres, service, fewOrders }) => {
    await using other = await fewOrders();
    await using elsewhere = await PgSession.open(other.postgres.url);
    await elsewhere.query(looks('elsewhere'), [MANY]);
    await forget(postgres);
    const foreign = those(await topQueries(service), 'AS elsewhere');
    await explain(
      () => {
        expect(foreign.map(short), 'entries of another database').toEqual([]);
      },
      () =>
        lesson('every-database', {
          observed: `A statement of another database of this server is listed: ${foreign.map(short).join('; ')}.`,
          meaning:
            'pg_stat_statements counts for the whole server. The team would search its own code for a statement of somebody else.',
          lookAt: 'the column that says in which database a statement ran.',
        }),
    );
  },
);

test('the endpoint does not list itself', judges('1.7'), async ({ service, postgres }) => {
  await forget(postgres);
  const { statements } = await postgres.measure(async () => {
    for (let call = 0; call < 3; call += 1) await topQueries(service);
  });
  const reads = statements.filter(({ command }) => ['SELECT', 'WITH'].includes(command));
  const own = new Set(reads.map(({ query }) => query));
  const listed = (await topQueries(service)).filter(({ query }) => own.has(query));
  await explain(
    () => {
      expect(listed.map(short), 'entries that are the endpoint watching itself').toEqual([]);
    },
    () =>
      lesson('watches-itself', {
        observed: `After three calls the list has the endpoint's own statement: ${listed.map(short).join('; ')}.`,
        meaning:
          'Looking changes the picture. A dashboard that asks every few seconds climbs in its own list, and hides what it was made to find.',
        lookAt: 'how a statement could know itself among the others.',
      }),
  );
});

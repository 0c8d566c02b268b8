import {
  explain,
  expect,
  lesson,
  PgSession,
  type PostgresProbe,
  type StartedService,
  thousands,
} from '@backend-labs/testkit';
import { test } from './support/few-orders.ts';
import { list, TENANT } from './support/orders.ts';
import { expectLines } from './support/lines.ts';

const PATH = '/internal/top-queries';

interface Entry {
  readonly query: string;
  readonly calls: number;
  readonly buffers: number;
}

/** Slow, once a night, and it reads nothing. */
const NIGHTLY = 'SELECT pg_sleep($1) AS nightly_job';
/** What monitors ask all day: eight statements, for the names of columns make no difference. */
const MONITORS = Array.from(
  { length: 8 },
  (_, more) => `SELECT 'beat', $1::int${', 1'.repeat(more)}`,
);
/** Two buffers of a system table a look, long in cache. */
const looks = (name: string): string => `SELECT count(*) AS ${name}
  FROM generate_series(1, $1::int) n, LATERAL (SELECT FROM pg_class WHERE oid = n::oid OFFSET 0)`;
/** 60,000 buffers, so that no statement of the lab comes near. */
const ELSEWHERE = looks('elsewhere');
/** As much, in one call, by another role. */
const AUDIT = looks('audit');
/** Reads like it, but for the end. */
const AUDIT_OF_SOME = `${AUDIT} WHERE n % 3 > 0`;
/** Reads pages that are in no cache, and changes them. */
const CORRECTION = 'UPDATE orders SET total_cents = total_cents + $1 WHERE id <= $2';
/** What the probe itself asks reads less. */
const COSTLY = 1_000;

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

/** A statement as a message names it. */
function short({ query, calls, buffers }: Entry): string {
  const text = query.replaceAll(/\s+/gu, ' ').trim();
  const cut = text.length > 70 ? `${text.slice(0, 40)} … ${text.slice(-25)}` : text;
  return `${cut} (${calls} calls, ${thousands(buffers)} buffers)`;
}

test('the statement that read most buffers comes first', async ({ service, postgres }) => {
  await using job = await postgres.session('service');
  await using auditor = await postgres.session('administrator');
  await postgres.measure(() =>
    Promise.all([
      (async () => {
        await job.query(NIGHTLY, [0.5]);
        await job.query(AUDIT_OF_SOME, [2_000]);
      })(),
      (async () => {
        for (let page = 0; page < 3; page += 1) await list(service, TENANT.average, 'paid');
        await auditor.query(AUDIT, [30_000]);
        await auditor.query(AUDIT_OF_SOME, [4_000]);
        await auditor.query(CORRECTION, [1, 1_000]);
        for (const monitor of MONITORS) {
          for (let beat = 0; beat < 5; beat += 1) await auditor.query(monitor, [beat]);
        }
      })(),
    ]),
  );
  const costly = (await costs(postgres)).filter(({ buffers }) => buffers >= COSTLY);
  const [costliest] = costly;
  if (!costliest) throw new Error('pg_stat_statements counts nothing');
  const entries = await topQueries(service);
  const [first] = entries;
  await explain(
    () => {
      expectLines(entries.slice(0, 1).map(short), [short(costliest)], 'the entry that reads most');
    },
    () => {
      if (first?.query.includes('nightly_job') !== true) return;
      lesson('slowest-first', {
        observed: `The first entry is a nightly job that sleeps: 1 call, ${thousands(first.buffers)} buffers. What read most comes behind it, with ${thousands(costliest.buffers)} buffers in ${costliest.calls} call.`,
        meaning:
          'A duration names what somebody waited for, not what the database worked for. A statement can be slow because it waits, and a quick one that runs all day can be most of the load.',
        lookAt: 'the columns that count blocks, summed over all calls and not per call.',
      });
    },
  );
  expectLines(
    entries.slice(0, costly.length).map(short),
    costly.map(short),
    `entries of ${thousands(COSTLY)} buffers and more, whichever role ran them`,
  );
  expect(first?.query, 'the text of the first entry, all of it').toBe(costliest.query);
  const order = entries.map(({ buffers }) => buffers);
  const sorted = order.toSorted((a, b) => b - a);
  expect(order, 'buffers of the entries, from most to least').toEqual(sorted);
  const statements = MONITORS.length + costly.length;
  expect(entries.length, `entries, when ${statements} statements ran`).toBeGreaterThanOrEqual(10);
});

test('the same statement with other values is one entry', async ({ service, postgres }) => {
  const { statements } = await postgres.measure(async () => {
    await list(service, TENANT.importer, 'paid');
    await list(service, TENANT.churned, 'paid');
  });
  const [costliest] = statements;
  const found = (await topQueries(service)).filter(({ query }) => query === costliest?.query);
  expect(found.map(short), 'entries of the list, which was called twice').toHaveLength(1);
  expect(found[0]?.calls, 'calls of the list').toBe(2);
});

test('the endpoint does not list itself', async ({ service, postgres }) => {
  const { statements } = await postgres.measure(async () => {
    for (let call = 0; call < 3; call += 1) await topQueries(service);
  });
  const reads = statements.filter(({ command }) => ['SELECT', 'WITH'].includes(command));
  const own = new Set(reads.map(({ query }) => query));
  const listed = (await topQueries(service)).filter(({ query }) => own.has(query));
  expect(listed.map(short), 'entries that are the endpoint watching itself').toEqual([]);
});

test('another database of the server has no entry', async ({ postgres, service, fewOrders }) => {
  await using other = await fewOrders();
  await using elsewhere = await PgSession.open(other.postgres.url);
  await elsewhere.query(ELSEWHERE, [30_000]);
  const { result } = await postgres.measure(() => topQueries(service));
  const foreign = result.filter(({ query }) => query.includes('elsewhere'));
  expect(foreign.map(short), 'entries of another database').toEqual([]);
});

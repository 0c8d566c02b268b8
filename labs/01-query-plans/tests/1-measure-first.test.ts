import {
  explain,
  expect,
  lesson,
  PgSession,
  type StartedService,
  type StatementUse,
  thousands,
} from '@backend-labs/testkit';
import { test } from './support/few-orders.ts';
import { list, TENANT } from './support/orders.ts';

const PATH = '/internal/top-queries';

interface Entry {
  readonly query: string;
  readonly calls: number;
  readonly buffers: number;
}

/** Slow, once a night, and it reads nothing. */
const NIGHTLY = 'SELECT pg_sleep($1) AS nightly_job';
/** What a monitor asks all day. */
const MONITOR = 'SELECT $1::int AS monitor_beat';
/** 60,000 buffers of a system table, so that no statement of the lab comes near. */
const ELSEWHERE = `SELECT count(*) AS elsewhere
  FROM generate_series(1, $1::int) n, LATERAL (SELECT FROM pg_class WHERE oid = n::oid OFFSET 0)`;

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
function short({ query, calls, buffers }: Entry | StatementUse): string {
  const text = query.replaceAll(/\s+/gu, ' ').trim();
  const cut = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `${cut} (${calls} calls, ${thousands(buffers)} buffers)`;
}

test('the statement that read most buffers comes first', async ({ service, postgres }) => {
  await using job = await postgres.session('service');
  await using monitor = await postgres.session('service');
  const { statements } = await postgres.measure(() =>
    Promise.all([
      job.query(NIGHTLY, [0.5]),
      (async () => {
        for (let page = 0; page < 3; page += 1) await list(service, TENANT.average, 'paid');
        for (let beat = 0; beat < 50; beat += 1) await monitor.query(MONITOR, [beat]);
      })(),
    ]),
  );
  const [costliest] = statements;
  if (!costliest) throw new Error('pg_stat_statements counts nothing');
  const entries = await topQueries(service);
  const [first] = entries;
  await explain(
    () => {
      expect(first?.query, `the first entry must be ${short(costliest)}`).toBe(costliest.query);
    },
    () => {
      if (first?.query.includes('nightly_job') !== true) return;
      lesson('slowest-first', {
        observed: `The first entry is a nightly job that sleeps: 1 call, ${thousands(first.buffers)} buffers. The list comes behind it, with ${thousands(costliest.buffers)} buffers in ${costliest.calls} calls.`,
        meaning:
          'A duration names what somebody waited for, not what the database worked for. A statement can be slow because it waits, and a quick one that runs all day can be most of the load.',
        lookAt: 'the columns that count blocks, summed over all calls and not per call.',
      });
    },
  );
  expect(first?.calls, 'calls of the first entry').toBe(costliest.calls);
  expect(first?.buffers, 'buffers of the first entry, all its calls together').toBe(
    costliest.buffers,
  );
  const order = entries.map(({ buffers }) => buffers);
  const sorted = order.toSorted((a, b) => b - a);
  expect(order, 'buffers of the entries, from most to least').toEqual(sorted);
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

import { describe, expect } from 'vitest';
import { TcpProxy } from '../src/network/tcp-proxy.ts';
import { PostgresProbe } from '../src/postgres/probe.ts';
import { beforeStatement } from '../src/postgres/statements.ts';
import { migrate } from '../src/service/script.ts';
import { probeOptions, test } from './support/toy.ts';

describe('measure', () => {
  test('tells an index from a walk through the table, call by call', async ({
    service,
    postgres,
  }) => {
    const few = await postgres.measure(() => service.get('/orders?tenant=7'));
    expect(few.result.expect(200).body).toHaveLength(5);
    expect(few).toMatchObject({ calls: 1, rows: 5 });
    expect(few.buffers).toBeLessThan(12);

    const many = await postgres.measure(() => service.get('/orders-by-note'));
    expect(many.buffers).toBeGreaterThan(100);
    expect(many.statements).toEqual([
      expect.objectContaining({
        query: 'SELECT id FROM orders WHERE note = $1',
        command: 'SELECT',
        calls: 1,
        rows: 0,
      }),
    ]);
  });

  test('statements that steer a transaction are listed and not counted as calls', async ({
    service,
    postgres,
  }) => {
    const use = await postgres.measure(() => service.get('/note?tenant=3&note=a'));
    expect(use.calls).toBe(1);
    expect(use.rows).toBe(200);
    expect(use.statements.map(({ command }) => command).toSorted()).toEqual([
      'BEGIN',
      'COMMIT',
      'UPDATE',
    ]);
  });

  test('sees nothing of the administrator', async ({ postgres }) => {
    const use = await postgres.measure(() => postgres.query('SELECT count(*) FROM orders'));
    expect(use).toMatchObject({ calls: 0, buffers: 0, statements: [] });
  });
});

describe('plans', () => {
  test('are those of what the service ran, with the counts of that run', async ({ postgres }) => {
    const plans = await postgres.plans(async (service) => {
      await service.get('/orders?tenant=7');
      await service.get('/orders-by-note');
    });
    const [listed, walked] = plans;
    expect(plans).toHaveLength(2);
    expect(listed?.indexes).toEqual(['orders_tenant']);
    expect(listed?.parameters).toBe("$1 = '7'");
    expect(listed?.buffers).toBeLessThan(12);
    expect(walked?.root).toMatchObject({ type: 'Seq Scan', relation: 'orders', rows: 0 });
    expect(walked?.rowsRemoved).toBe(20_000);
    expect(walked?.query).toBe('SELECT id FROM orders WHERE note = $1');
  });

  test('a setting changes them for instances that start later, until it is disposed', async ({
    postgres,
  }) => {
    const run = async (): Promise<string[]> => {
      const plans = await postgres.plans((service) => service.get('/orders?tenant=7'));
      return plans.flatMap((plan) => plan.nodes().map(({ type }) => type));
    };
    {
      await using changed = await postgres.set({
        enable_indexscan: 'off',
        enable_bitmapscan: 'off',
      });
      expect(changed).toBeDefined();
      expect(await run()).toContain('Seq Scan');
    }
    expect(await run()).toContain('Index Scan');
  });
});

describe('beforeStatement', () => {
  test('names each statement before Postgres gets it, and can keep one from arriving', async ({
    definition,
    lease,
    postgres,
  }) => {
    const seen: string[] = [];
    const url = lease.postgres?.url ?? '';
    await using held = new AsyncDisposableStack();
    const proxy = await TcpProxy.to(url, () =>
      beforeStatement(async (sql) => {
        seen.push(sql);
        if (sql !== 'COMMIT') return undefined;
        await service.kill();
        return 'cut';
      }),
    );
    held.use(proxy);
    const service = held.use(await definition.with({ DATABASE_URL: proxy.rewrite(url) }).start());
    await expect(service.get('/note?tenant=9&note=uncommitted')).rejects.toMatchObject({
      code: 'EXITED',
    });
    expect(seen).toEqual(['BEGIN', 'UPDATE orders SET note = $2 WHERE tenant_id = $1', 'COMMIT']);
    const rows = await postgres.query("SELECT FROM orders WHERE note = 'uncommitted'");
    expect(rows).toEqual([]);
  });
});

describe('looking at the database', () => {
  test('indexes come with key, validity and scans', async ({ postgres }) => {
    expect(await postgres.indexes()).toEqual([
      expect.objectContaining({ name: 'orders_pkey', primary: true, unique: true, key: ['id'] }),
      expect.objectContaining({
        name: 'orders_tenant',
        table: 'orders',
        key: ['tenant_id', 'placed_at'],
        included: [],
        predicate: null,
        valid: true,
        definition: expect.stringContaining('USING btree (tenant_id, placed_at)'),
      }),
    ]);
  });

  test('heap-only updates are counted of its own instance alone, however late another reports', async ({
    definition,
    postgres,
  }) => {
    await using other = await definition.start();
    // A session that has just reported keeps what it does next to itself.
    for (const note of ['d', 'e']) await other.get(`/note?tenant=13&note=${note}`);
    const use = await postgres.hot('orders', async (service) => {
      await service.get('/note?tenant=12&note=f');
      await other.stop();
    });
    expect(use).toEqual({ updates: 200, hot: 200 });
  });

  test('a lock that the service waits for names who holds it', async ({ service, postgres }) => {
    await using writer = await postgres.session('administrator');
    await writer.query('BEGIN');
    await writer.query('LOCK TABLE orders IN SHARE MODE');
    const waiting = service.get('/note?tenant=5&note=c');
    const blocked = await expect
      .poll(() => postgres.locksHeld().then((held) => held.find(({ granted }) => !granted)))
      .toMatchObject({ relation: 'orders', mode: 'RowExclusiveLock' })
      .then(() => postgres.locksHeld());
    expect(blocked.find(({ granted }) => !granted)?.blockedBy).toHaveLength(1);
    await writer.query('ROLLBACK');
    expect((await waiting).status).toBe(200);
  });

  test('a refused statement is an SqlError with its SQLSTATE', async ({ postgres }) => {
    await using session = await postgres.session('service');
    await session.query("SET lock_timeout = '50ms'");
    await expect(session.query('SELECT * FROM nothing')).rejects.toMatchObject({
      name: 'SqlError',
      code: '42P01',
    });
  });

  test('a service that uses all its connections is refused more; the administrator is not', async ({
    postgres,
  }) => {
    await using held = new AsyncDisposableStack();
    const useAll = async (): Promise<void> => {
      for (let n = 0; n <= 60; n += 1) held.use(await postgres.session('service'));
    };
    await expect(useAll()).rejects.toMatchObject({ name: 'SqlError', code: '53300' });
    await using administrator = await postgres.session('administrator');
    expect(await administrator.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  test('a server that is gone is a StackError', async ({ run, lease, definition }) => {
    const options = probeOptions(run, lease, definition);
    const adminUrl = 'postgres://nobody@127.0.0.1:9/nowhere';
    const gone = { ...options, lease: { ...options.lease, adminUrl } };
    await expect(PostgresProbe.open(gone)).rejects.toMatchObject({
      name: 'ProbeTrouble',
      server: 'postgres',
    });
  });
});

test('a migration that fails says what Postgres said of it', async ({ run, lease }) => {
  const again = migrate({ run, lease });
  await expect(again).rejects.toMatchObject({ name: 'ServiceError', code: 'MIGRATION_FAILED' });
  const message = await again.then(String, (error: Error) => error.message);
  expect(message.split('\n')[0]).toBe('npm run migrate ended with exit code 1.');
  expect(message).toContain('error: relation "orders_tenant" already exists');
  expect(message).toContain('src/migrate.ts');
  expect(message).not.toMatch(/^\s+at .*node_modules/mu);
  expect(message).not.toContain('undefined');
});

import { join } from 'node:path';
import { type Lease, test as base, PgSession, type PostgresLease } from '@backend-labs/testkit';

/** First key of the advisory locks that hold builds; any number that nobody else takes. */
export const HOLD = 412;

/** 20,000 orders: locks do not depend on the size of a table, and builds are quick. */
const KEEP_FEW = `
  CREATE TEMP TABLE few AS SELECT * FROM orders WHERE id <= 20000;
  TRUNCATE orders;
  INSERT INTO orders SELECT * FROM few;
  DROP TABLE few`;

/**
 * Lets a test decide how long an index is being built: a session that builds one without CONCURRENTLY,
 * or rewrites a table, waits at the end of it, with its locks, for an advisory lock. The n-th waits for
 * (HOLD, n). A session without a lock by then also waits, and blocks no other.
 */
const HOLD_BUILDS = `
  CREATE SCHEMA harness;
  CREATE SEQUENCE harness.builds;
  CREATE FUNCTION harness.hold_build() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = 0 AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(${HOLD}, nextval('harness.builds')::int);
      END $$;
  CREATE EVENT TRIGGER hold_builds ON ddl_command_end
    WHEN TAG IN ('CREATE INDEX', 'REINDEX') EXECUTE FUNCTION harness.hold_build();
  CREATE EVENT TRIGGER hold_rewrites ON table_rewrite EXECUTE FUNCTION harness.hold_build()`;

/** A lease whose database has few orders. */
export type FewOrders = Lease & { readonly postgres: PostgresLease };

/** `test` with `fewOrders()`: a lease of its own, 20,000 orders, the target's migrations not run. */
export const test = base.extend('fewOrders', { scope: 'file' }, ({ run, stack }) => {
  const request = {
    lab: run.lab,
    servers: ['postgres'],
    dataDir: join(run.labDir, 'data'),
  } as const;
  return async (): Promise<FewOrders> => {
    const postgres = await stack.of('postgres');
    const from = await postgres.template(
      request,
      `${run.templates}few-orders`,
      async ({ url, adminUrl }) => {
        await using owner = await PgSession.open(url);
        await owner.query(KEEP_FEW);
        await using administrator = await PgSession.open(adminUrl);
        await administrator.query(HOLD_BUILDS);
      },
    );
    const lease = await stack.lease({ ...request, from });
    if (!lease.postgres) throw new Error('a lease without the postgres that it asked for');
    return Object.assign(lease, { postgres: lease.postgres });
  };
});

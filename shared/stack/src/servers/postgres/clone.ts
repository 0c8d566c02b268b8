import type pg from 'pg';
import { type Admin, guard } from './admin.ts';
import { ident } from './names.ts';
import { pinPlanner } from './settings.ts';

/**
 * Copies a template nobody is connected to, with the planner pinned.
 *
 * Measured with 1,000,000 rows and three indexes (221 MB), ext4, 2 cores, fsync off: `FILE_COPY`
 * with `file_copy_method = clone` (copy_file_range) 80 ms, `WAL_LOG` 390 ms, `FILE_COPY` with
 * `copy` 940 ms; dropping takes 30 ms. An empty database takes 90 ms either way.
 */
export async function clone(
  admin: Admin,
  source: string,
  target: string,
  owner: string,
): Promise<void> {
  const doing = `clone ${source}`;
  await admin.session(doing, async (client) =>
    guard(doing, async () => {
      const strategy = await fastest(client);
      await client.query(
        `CREATE DATABASE ${ident(target)} TEMPLATE ${ident(source)} OWNER ${ident(owner)}
         STRATEGY ${strategy}`,
      );
      await client.query(pinPlanner(ident(target)));
    }),
  );
}

async function fastest(client: pg.ClientBase): Promise<'FILE_COPY' | 'WAL_LOG'> {
  try {
    await client.query('SET file_copy_method = clone');
    return 'FILE_COPY';
  } catch {
    // This build of Postgres has no system call for it.
    return 'WAL_LOG';
  }
}

import { digest, OWNER_TAG } from '../../owner.ts';
import type { LeaseRequest } from '../../types.ts';
import { type Admin, guard } from './admin.ts';
import { clone, copyRoleSettings } from './clone.ts';
import { closeToOthers, giveToLab, makeLeaseRole } from './lease-role.ts';
import { ident, labName, PREFIX, roleName } from './names.ts';
import { labTemplate, once } from './template.ts';
import type { PostgresLease } from './types.ts';

/** Snapshots of a lab that belong to no process and stay: each is as large as the lab's data. */
const KEPT_A_LAB = 3;

/** See `PostgresTools.template`. */
export async function snapshot(
  admin: Admin,
  request: LeaseRequest,
  key: string,
  build: (lease: PostgresLease) => Promise<void>,
): Promise<string> {
  const source = request.from ?? (await labTemplate(admin, request.lab, request.dataDir));
  const family = `${PREFIX.snapshot}${labName(request.lab)}_`;
  const owner = OWNER_TAG.exec(key)?.[0];
  const name = `${family}${owner ? `${owner}_` : ''}${digest(`${source}/${key}`, 7)}`;
  const lab = roleName(request.lab);
  const start = async () => async (building: string) => {
    if (owner === undefined) await makeRoom(admin, family);
    const role = await makeLeaseRole(admin, request.lab, building);
    await clone(admin, source, building, { role, lab });
    await closeToOthers(admin, building);
    await build({
      database: building,
      role,
      url: admin.url(building, role),
      adminUrl: admin.url(building),
    });
    await endSessions(admin, building);
    await keepSettings(admin, building, role, lab);
    await giveToLab(admin, request.lab, building, role);
    await refreshStatistics(admin, building);
  };
  return once(admin, name, start, `key ${key}`);
}

/** What a build has set for its role in the database, every clone gets. */
async function keepSettings(
  admin: Admin,
  database: string,
  role: string,
  lab: string,
): Promise<void> {
  const doing = 'keep the settings of a build';
  await admin.session(doing, (client) =>
    guard(doing, () => copyRoleSettings(client, database, database, { [role]: lab })),
  );
}

/** Drops the snapshots whose key starts with `prefix`. */
export async function dropSnapshots(admin: Admin, prefix: string): Promise<void> {
  const found = await admin.query<{ datname: string }>(
    'look for templates',
    `SELECT datname FROM pg_database
     WHERE starts_with(datname, $1)
       AND starts_with(shobj_description(oid, 'pg_database'), $2)`,
    [PREFIX.snapshot, `key ${prefix}`],
  );
  for (const { datname } of found) await admin.drop(datname);
}

/** Drops the oldest of the snapshots that belong to no process: one more is to be made. */
async function makeRoom(admin: Admin, family: string): Promise<void> {
  const found = await admin.query<{ datname: string }>(
    'look for old templates',
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY oid DESC',
    [family],
  );
  const shared = found.filter(({ datname }) => !OWNER_TAG.test(datname));
  for (const { datname } of shared.slice(KEPT_A_LAB - 1)) await admin.drop(datname);
}

/** Ends the sessions that the build left open: a template must have none. */
async function endSessions(admin: Admin, database: string): Promise<void> {
  const sql = 'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1';
  await admin.query('end the sessions of a build', sql, [database]);
}

/**
 * Does what autovacuum would have done after the build (it is off, so that counts do not depend on
 * its timing), for the tables that need it only: a million rows take a second to analyze. A clone
 * starts with counters at zero, so they tell just what the build changed.
 */
async function refreshStatistics(admin: Admin, database: string): Promise<void> {
  const doing = 'analyze a template';
  await admin.inside(doing, admin.url(database), (client) =>
    guard(doing, async () => {
      const { rows } = await client.query<{ schema: string; name: string }>(STALE_TABLES);
      for (const { schema, name } of rows) {
        await client.query(`VACUUM (ANALYZE) ${ident(schema)}.${ident(name)}`);
      }
    }),
  );
}

/** Rows changed, pages not known to be all visible, or an index on an expression without figures. */
const STALE_TABLES = `
  SELECT s.schemaname AS schema, s.relname AS name
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
  WHERE s.n_mod_since_analyze > 0
     OR c.reltuples < 0
     OR c.relallvisible < c.relpages
     OR EXISTS (
       SELECT FROM pg_index i
       WHERE i.indrelid = c.oid AND i.indexprs IS NOT NULL
         AND NOT EXISTS (SELECT FROM pg_statistic t WHERE t.starelid = i.indexrelid))`;

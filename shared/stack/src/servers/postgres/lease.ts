import { isOrphan, ownerTag } from '../../owner.ts';
import type { LeaseRequest } from '../../types.ts';
import type { LeasePart } from '../leases.ts';
import type { Admin } from './admin.ts';
import { clone } from './clone.ts';
import { closeToOthers, dropLeaseRole, giveToLab, makeLeaseRole } from './lease-role.ts';
import { ident, labName, PREFIX, roleName } from './names.ts';
import { IDLE_TRANSACTION } from './settings.ts';
import { dropFamily, labTemplate } from './template.ts';
import type { PostgresLease } from './types.ts';

/** A database of the run's own, cloned from `request.from` or from the lab's template. */
export async function leasePostgres(
  admin: Admin,
  request: LeaseRequest,
  suffix: string,
): Promise<LeasePart> {
  const source = request.from ?? (await labTemplate(admin, request.lab, request.dataDir));
  const database = `${PREFIX.lease}${labName(request.lab)}_${await ownerTag()}_${suffix}`;
  const settings = request.endIdleTransactions === true ? IDLE_TRANSACTION : {};
  const role = await makeLeaseRole(admin, request.lab, database);
  await clone(admin, source, database, { role, lab: roleName(request.lab), settings });
  await closeToOthers(admin, database);
  const part: PostgresLease = {
    database,
    role,
    url: admin.url(database, role),
    adminUrl: admin.url(database),
  };
  return {
    part,
    env: { DATABASE_URL: part.url },
    release: (keep) => (keep ? leave(admin, request.lab, database) : drop(admin, database)),
  };
}

/** Drops what crashed runs left: leases, snapshots and half-built templates whose owner has ended. */
export async function reclaimDatabases(admin: Admin): Promise<void> {
  const found = await admin.query<{ datname: string }>(
    'look for databases of ended runs',
    `SELECT datname FROM pg_database
     WHERE starts_with(datname, $1) OR starts_with(datname, $2) OR starts_with(datname, $3)`,
    [PREFIX.lease, PREFIX.building, PREFIX.snapshot],
  );
  const exclusive = admin.address.provision === 'native';
  const roles = await admin.query<{ rolname: string }>(
    'look for roles of ended runs',
    'SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1) OR starts_with(rolname, $2)',
    [PREFIX.lease, PREFIX.building],
  );
  for (const { datname } of found) {
    if (await isOrphan(datname, exclusive)) await drop(admin, datname);
  }
  for (const { rolname } of roles) {
    if (await isOrphan(rolname, exclusive)) await dropLeaseRole(admin, rolname);
  }
}

async function drop(admin: Admin, database: string): Promise<void> {
  await admin.drop(database);
  await dropLeaseRole(admin, database);
}

/** The database that the latest failed run of the lab left behind, if any. */
export async function findLeftBehind(
  admin: Admin,
  lab: string,
): Promise<PostgresLease | undefined> {
  const [found] = await admin.query<{ datname: string }>(
    'look for what a failed run left',
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY oid DESC LIMIT 1',
    [keptPrefix(lab)],
  );
  if (found === undefined) return undefined;
  const { datname: database } = found;
  const role = roleName(lab);
  return { database, role, url: admin.url(database, role), adminUrl: admin.url(database) };
}

export async function dropLeftBehind(admin: Admin, lab: string): Promise<void> {
  await dropFamily(admin, keptPrefix(lab));
}

const keptPrefix = (lab: string): string => `${PREFIX.kept}${labName(lab)}_`;

/**
 * Renames the database, so that it no longer belongs to this process. Drops the one that an earlier
 * run left behind. A person may think for longer than 20 s inside a transaction.
 */
async function leave(admin: Admin, lab: string, database: string): Promise<void> {
  const doing = `keep the database ${database}`;
  await dropLeftBehind(admin, lab);
  await admin.run(doing, `ALTER ROLE ${ident(database)} NOLOGIN`);
  await endSessions(admin, database);
  await giveToLab(admin, lab, database, database);
  await admin.query(doing, `ALTER DATABASE ${ident(database)} ALLOW_CONNECTIONS false`);
  await endSessions(admin, database);
  const kept = keptPrefix(lab) + database.split('_').slice(-3).join('_');
  await admin.run(
    doing,
    `ALTER DATABASE ${ident(database)} RENAME TO ${ident(kept)};
     ALTER DATABASE ${ident(kept)} ALLOW_CONNECTIONS true`,
  );
}

async function endSessions(admin: Admin, database: string): Promise<void> {
  const sql = 'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1';
  await admin.query(`keep the database ${database}`, sql, [database]);
}

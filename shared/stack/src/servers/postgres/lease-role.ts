import type { Admin } from './admin.ts';
import { ident, PREFIX, roleName } from './names.ts';

/**
 * A role for one database, which no other database lets in. It has the rights of the lab's role, which
 * owns what the template holds, and cannot become that role: it could change its password.
 *
 * @param database the name of the database, and of the role.
 */
export async function makeLeaseRole(admin: Admin, lab: string, database: string): Promise<string> {
  await admin.ensureRole(database);
  await admin.run(
    `make the role ${database}`,
    `GRANT ${ident(roleName(lab))} TO ${ident(database)} WITH INHERIT TRUE, SET FALSE`,
  );
  return database;
}

/** Nobody but the owner and administrators connects to a database from now on. */
export async function closeToOthers(admin: Admin, database: string): Promise<void> {
  await admin.run(
    `close the database ${database}`,
    `REVOKE CONNECT, TEMPORARY ON DATABASE ${ident(database)} FROM PUBLIC`,
  );
}

/** Gives what the role of a database owns to the lab's role, and drops the first. */
export async function giveToLab(
  admin: Admin,
  lab: string,
  database: string,
  role: string,
): Promise<void> {
  const doing = `give ${database} to the role of the lab`;
  await admin.inside(doing, admin.url(database), async (client) => {
    await client.query(`REASSIGN OWNED BY ${ident(role)} TO ${ident(roleName(lab))}`);
    await client.query(`DROP OWNED BY ${ident(role)}`);
  });
  await dropLeaseRole(admin, role);
}

/** Drops a role that `makeLeaseRole` made, once its database is gone. */
export async function dropLeaseRole(admin: Admin, role: string): Promise<void> {
  if (!isLeaseRole(role)) return;
  await admin.dropRole(role);
}

function isLeaseRole(role: string): boolean {
  return role.startsWith(PREFIX.lease) || role.startsWith(PREFIX.building);
}

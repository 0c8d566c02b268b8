import { spawn } from 'node:child_process';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { asStateError } from '../../errors.ts';
import { startFailure } from '../../provision/launch.ts';
import { literal } from './names.ts';
import type { Placement } from './placement.ts';

/** Who may connect: everybody with a password, from this machine. */
const ACCESS = 'host all all 127.0.0.1/32 scram-sha-256\n';

/** Predefined roles that the data of a lab may give its role: they only read figures. */
const HARMLESS = ['pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables'];

/** The oid of the first role, database and so on that did not come with initdb. */
const FIRST_OWN = 16_384;

/**
 * Undoes what an administrator may have changed for the whole server. A learner's program runs as the
 * same user, can read the administrator's password, and could leave `ALTER SYSTEM SET
 * statement_timeout = '1ms'` or another password behind. The lab databases stay as they are.
 *
 * It is Postgres alone with the data, without a login and without the settings of roles and databases.
 * It takes 0.2 s.
 */
export async function restoreSettings(
  dataDir: string,
  settings: readonly string[],
  { programs, user, dir }: Placement,
  password: string,
): Promise<void> {
  for (const [name, content] of [
    ['postgresql.auto.conf', ''],
    ['pg_hba.conf', ACCESS],
    ['pg_ident.conf', ''],
  ] as const) {
    const path = join(dataDir, name);
    try {
      await writeFile(path, content);
      await chmod(path, 0o600);
      if (user.uid !== undefined) await chown(path, user.uid, user.gid ?? user.uid);
    } catch (error) {
      throw asStateError(path, error);
    }
  }
  const args = ['--single', '-D', dataDir, ...settings, '-O', 'postgres'];
  const child = spawn(programs.postgres, args, { ...user, cwd: dir, stdio: 'pipe' });
  child.stdin.on('error', () => {});
  child.stdin.end(statements(password).join('\n') + '\n');
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done)),
  ]);
  if (code !== 0) throw startFailure(output + errors);
}

/** One a line: a line's end is a statement's end there. */
function statements(password: string): readonly string[] {
  const harmless = HARMLESS.map(literal).join(', ');
  return [
    `DELETE FROM pg_db_role_setting WHERE setdatabase = 0 OR setdatabase IN
       (SELECT oid FROM pg_database WHERE datname IN ('postgres', 'template0', 'template1'))`,
    `UPDATE pg_authid SET rolsuper = false, rolcreaterole = false, rolcreatedb = false,
       rolreplication = false, rolbypassrls = false WHERE oid >= ${FIRST_OWN}`,
    `DELETE FROM pg_auth_members WHERE member >= ${FIRST_OWN} AND roleid < ${FIRST_OWN} AND roleid NOT IN
       (SELECT oid FROM pg_authid WHERE rolname IN (${harmless}))`,
    `UPDATE pg_authid SET rolname = 'postgres', rolsuper = true, rolcanlogin = true,
       rolconnlimit = -1, rolvaliduntil = NULL WHERE oid = 10`,
    `ALTER ROLE postgres PASSWORD ${literal(password)}`,
    `UPDATE pg_database SET datallowconn = true, datconnlimit = -1 WHERE datname = 'postgres'`,
    `UPDATE pg_event_trigger SET evtenabled = 'D'`,
  ].map((statement) => `${statement.replaceAll(/\s+/gu, ' ')};`);
}

import { ServerTrouble } from '../../errors.ts';
import { Client } from 'pg';
import type { Endpoint } from '../definition.ts';

/** Plans differ between major versions; every threshold of the labs was measured on this one. */
const OLDEST_MAJOR = 18;

/** Connects as administrator; resolves with the version, e.g. `18.4`. Throws what is wrong. */
export async function checkPostgres(endpoint: Endpoint, timeoutMs: number): Promise<string> {
  const client = new Client({
    connectionString: endpoint.url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // Without a listener, a connection that breaks between two statements would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; preloaded: string; admin: boolean }>(
      `SELECT current_setting('server_version') AS version,
              coalesce(current_setting('shared_preload_libraries', true), '') AS preloaded,
              (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS admin`,
    );
    const [found] = rows;
    if (found === undefined)
      throw new ServerTrouble('CHECK_FAILED', 'it does not report its version');
    check(found);
    return found.version.split(' ')[0] ?? found.version;
  } finally {
    await client.end().catch(() => {});
  }
}

function check(found: { version: string; preloaded: string; admin: boolean }): void {
  if (Number.parseInt(found.version, 10) < OLDEST_MAJOR) {
    throw new ServerTrouble(
      'CHECK_FAILED',
      `it is Postgres ${found.version}; the labs need ${OLDEST_MAJOR} or newer`,
    );
  }
  if (!found.admin) throw new ServerTrouble('CHECK_FAILED', 'its user is not a superuser');
  for (const library of ['pg_stat_statements', 'auto_explain']) {
    if (!found.preloaded.includes(library)) {
      throw new ServerTrouble('CHECK_FAILED', `${library} is not in its shared_preload_libraries`);
    }
  }
}

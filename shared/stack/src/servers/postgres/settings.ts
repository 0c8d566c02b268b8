/**
 * Planner settings of every lab database, so that plans do not depend on the machine. They belong
 * to a database, and `CREATE DATABASE … TEMPLATE` does not copy them: each clone sets them again.
 */
const PLANNER: Readonly<Record<string, string>> = {
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  random_page_cost: '1.1',
  effective_cache_size: '1GB',
  work_mem: '4MB',
  default_statistics_target: '500',
  timezone: 'UTC',
};

/** Statements that pin the planner of a database; `database` is already quoted. */
export function pinPlanner(database: string): string {
  return Object.entries(PLANNER)
    .map(([name, value]) => `ALTER DATABASE ${database} SET ${name} = '${value}'`)
    .join(';\n');
}

/**
 * Sessions to one leased database: the service's and the tests'. Superusers are never refused. The
 * labs' services open at most 10 each and tests a few more; the server has 500 for all runs. It is a
 * limit of the database, not of the role, because all runs of a lab share its role.
 */
export const CONNECTIONS = 60;

/**
 * For the service's role in one database. Longer than any test holds a statement of the service or
 * keeps a transaction of that role open (10 s), and shorter than a test waits for an answer (30 s).
 */
export const IDLE_TRANSACTION: Readonly<Record<string, string>> = {
  idle_in_transaction_session_timeout: '20s',
};

/** Sorting and case by code point: the same on every machine, whatever locales it has. */
export const COLLATION = `TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'
  LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'`;

/** Changes with anything that a template depends on besides the lab's files. */
export const TEMPLATE_FORMAT = `2 ${pinPlanner('')} ${COLLATION}`;

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

/** Sorting and case by code point: the same on every machine, whatever locales it has. */
export const COLLATION = `TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'
  LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'`;

/** Changes with anything that a template depends on besides the lab's files. */
export const TEMPLATE_FORMAT = `1 ${pinPlanner('')} ${COLLATION}`;

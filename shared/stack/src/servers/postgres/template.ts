import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { errorCode, reason, StackError } from '../../errors.ts';
import { ownerTag } from '../../owner.ts';
import { type Admin, guard } from './admin.ts';
import { ident, labName, PREFIX, roleName } from './names.ts';
import { COLLATION, pinPlanner, TEMPLATE_FORMAT } from './settings.ts';

/**
 * The lab's template database: its `*.sql` run in order of their names, by the lab's role, except
 * `*.admin.sql`, run by the administrator; then vacuumed and analyzed. Built once for each content
 * of `dataDir` (undefined: an empty database); of older contents the latest stays, since another
 * checkout may be using it.
 * Throws `TEMPLATE_FAILED` with the file and line.
 */
export async function labTemplate(
  admin: Admin,
  lab: string,
  dataDir: string | undefined,
): Promise<string> {
  const files = dataDir === undefined ? [] : await dataFiles(dataDir);
  const family = `${PREFIX.template}${labName(lab)}_`;
  const name = family + contentHash(files);
  await admin.ensureRole(roleName(lab));
  return once(admin, name, async () => {
    await dropAllButLatest(admin, family);
    return (building) => build(admin, building, roleName(lab), files);
  });
}

/**
 * Makes the database `name` unless it exists. `start` prepares, and returns a function that fills a
 * database of another name; that one is renamed to `name` when it is complete. One process builds,
 * the others wait.
 */
export async function once(
  admin: Admin,
  name: string,
  start: () => Promise<(building: string) => Promise<void>>,
  comment = '',
): Promise<string> {
  if (await exists(admin, name)) return name;
  const doing = `make the template ${name}`;
  return admin.session(doing, async (client) => {
    await guard(doing, () =>
      client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]),
    );
    if (await exists(admin, name)) return name;
    await admin.drop(name);
    const building = `${PREFIX.building}${await ownerTag()}_${name.slice(-12)}`;
    const fill = await start();
    await admin.drop(building);
    try {
      await fill(building);
    } catch (error) {
      await admin.drop(building).catch(() => {});
      throw error;
    }
    await admin.run(
      doing,
      `ALTER DATABASE ${ident(building)} OWNER TO CURRENT_USER;
       COMMENT ON DATABASE ${ident(building)} IS '${comment.replaceAll("'", "''")}';
       ALTER DATABASE ${ident(building)} IS_TEMPLATE true ALLOW_CONNECTIONS false;
       ALTER DATABASE ${ident(building)} RENAME TO ${ident(name)}`,
    );
    return name;
  });
}

/** A database whose drop was interrupted is still listed, with a limit of -2, and cannot be used. */
async function exists(admin: Admin, name: string): Promise<boolean> {
  const sql = 'SELECT 1 FROM pg_database WHERE datname = $1 AND datconnlimit <> -2';
  return (await admin.query('look for a template', sql, [name])).length > 0;
}

/** Drops all databases whose names start with `prefix`. */
export async function dropFamily(admin: Admin, prefix: string): Promise<void> {
  for (const name of await familyOf(admin, prefix)) await admin.drop(name);
}

async function dropAllButLatest(admin: Admin, prefix: string): Promise<void> {
  for (const name of (await familyOf(admin, prefix)).slice(1)) await admin.drop(name);
}

/** Databases by the beginning of their names, the latest first. */
async function familyOf(admin: Admin, prefix: string): Promise<string[]> {
  const sql = 'SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY oid DESC';
  const found = await admin.query<{ datname: string }>('look for old databases', sql, [prefix]);
  return found.map(({ datname }) => datname);
}

interface DataFile {
  readonly name: string;
  readonly text: string;
}

async function dataFiles(dir: string): Promise<DataFile[]> {
  try {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).toSorted();
    return await Promise.all(
      names.map(async (name) => ({ name, text: await readFile(join(dir, name), 'utf8') })),
    );
  } catch (error) {
    throw new StackError(
      'TEMPLATE_FAILED',
      `cannot read the lab's data: ${reason(error)}`,
      `restore ${dir}, e.g. with git checkout`,
      error,
    );
  }
}

function contentHash(files: readonly DataFile[]): string {
  const hash = createHash('sha256').update(TEMPLATE_FORMAT);
  for (const { name, text } of files) hash.update(JSON.stringify([name, text]));
  return hash.digest('hex').slice(0, 12);
}

async function build(
  admin: Admin,
  database: string,
  role: string,
  files: readonly DataFile[],
): Promise<void> {
  const doing = 'build the template';
  await admin.query(doing, `CREATE DATABASE ${ident(database)} OWNER ${ident(role)} ${COLLATION}`);
  await admin.run(doing, pinPlanner(ident(database)));
  await admin.inside(doing, admin.url(database), (client) =>
    guard(doing, () => client.query('CREATE EXTENSION pg_stat_statements')),
  );
  for (const file of files) {
    const who = file.name.endsWith('.admin.sql') ? undefined : role;
    await admin.inside(doing, admin.url(database, who), (client) => runFile(client, file));
  }
  await admin.inside(doing, admin.url(database), (client) =>
    guard(doing, () => client.query('VACUUM (ANALYZE)')),
  );
}

async function runFile(client: pg.ClientBase, file: DataFile): Promise<void> {
  try {
    await client.query(file.text);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new StackError(
      'TEMPLATE_FAILED',
      `${file.name}${atLine(file.text, error)}: ${reason(error)}`,
      `correct data/${file.name} of the lab`,
      error,
    );
  }
}

function atLine(text: string, error: unknown): string {
  if (typeof error !== 'object' || error === null || !('position' in error)) return '';
  const position = Number(error.position);
  return Number.isNaN(position) ? '' : `:${text.slice(0, position).split('\n').length}`;
}

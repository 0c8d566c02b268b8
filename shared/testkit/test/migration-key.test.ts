import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test as base, expect } from 'vitest';
import { migrationKey } from '../src/target/migration-key.ts';

const FILES = {
  'package.json': JSON.stringify({ scripts: { migrate: 'node --no-warnings src/migrate.ts' } }),
  'README.md': 'a ticket',
  'migrations/001.sql': 'CREATE INDEX a ON t (x);',
  'src/migrate.ts': "import { connect } from './db.ts';\nawait run('../sql');",
  'src/db.ts': "export * from './settings.ts';",
  'src/settings.ts': 'export const settings = {};',
  'src/server.ts': "import { connect } from './db.ts';",
  'sql/extra.ts': 'export const sql = "SELECT 1";',
};

const test = base.extend('target', async ({ task }, { onCleanup }) => {
  const target = await mkdtemp(join(tmpdir(), `key-${task.id}-`));
  onCleanup(() => rm(target, { recursive: true }));
  for (const [file, text] of Object.entries(FILES)) await put(target, file, text);
  return target;
});

async function put(target: string, file: string, text: string): Promise<void> {
  await mkdir(dirname(join(target, file)), { recursive: true });
  await writeFile(join(target, file), text);
}

test.for([
  'migrations/001.sql',
  'migrations/002.sql',
  'src/migrate.ts',
  'src/db.ts',
  'src/settings.ts',
  'sql/extra.ts',
  'src/schema.sql',
  'tsconfig.json',
])('a change to %s changes the key', async (file, { target }) => {
  const before = await migrationKey(target);
  await put(target, file, '{ "changed": true }');
  expect(await migrationKey(target)).not.toBe(before);
});

test.for(['src/server.ts', 'src/new-route.ts', 'README.md', 'node_modules/pg/index.js'])(
  'a change to %s does not',
  async (file, { target }) => {
    const before = await migrationKey(target);
    await put(target, file, 'changed');
    expect(await migrationKey(target)).toBe(before);
  },
);

test('of package.json the migrate script counts', async ({ target }) => {
  const before = await migrationKey(target);
  const scripts = { migrate: 'node --no-warnings src/migrate.ts', start: 'node src/other.ts' };
  await put(target, 'package.json', JSON.stringify({ scripts }));
  expect(await migrationKey(target)).toBe(before);
  await put(target, 'package.json', JSON.stringify({ scripts: { migrate: 'node src/db.ts' } }));
  expect(await migrationKey(target)).not.toBe(before);
});

test('of a script that is not plain node, everything counts', async ({ target }) => {
  const scripts = { migrate: 'node src/migrate.ts && node src/seed.ts' };
  await put(target, 'package.json', JSON.stringify({ scripts }));
  const before = await migrationKey(target);
  await put(target, 'src/server.ts', 'changed');
  expect(await migrationKey(target)).not.toBe(before);
});

test('a target without the script has no key', async ({ target }) => {
  await put(target, 'package.json', '{}');
  expect(await migrationKey(target)).toBeUndefined();
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '@backend-labs/catalog';
import type { ServerAddress } from '@backend-labs/stack';
import { MachineError } from '../errors.ts';
import { timed } from './sample.ts';

/** What the naive way asks of the service once it is up. */
export interface NaiveCheck {
  readonly path: string;
  readonly init?: RequestInit;
  readonly status: number;
}

/**
 * Time of the way most projects go: a cold `vitest run` whose test makes a database, runs the lab's
 * data and the migrations into it, starts the service, asks it once and drops the database.
 *
 * @param dir a folder of the bench's own inside the repository, so that packages are found.
 */
export async function naiveRun(
  root: string,
  dir: string,
  lab: Lab,
  target: string,
  postgres: ServerAddress,
  check: NaiveCheck,
): Promise<number> {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'naive.test.ts'), testFile(lab, target, postgres, check));
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return timed(async () => {
    const child = spawn(process.execPath, [vitest, 'run', '--root', dir], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return;
    throw new MachineError(
      `The naive run of ${lab.id} failed: ${Buffer.concat(errors).toString()}`,
    );
  });
}

function testFile(lab: Lab, target: string, postgres: ServerAddress, check: NaiveCheck): string {
  const constants = { data: join(lab.dir, 'data'), target, admin: postgres.url, ...check };
  return `
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const { data, target, admin, path, init, status } = ${JSON.stringify(constants)};
const pg = createRequire(target + '/package.json')('pg');

test('the service answers', { timeout: 120_000 }, async () => {
  const database = 'naive_' + process.pid;
  const server = new pg.Client(admin);
  await server.connect();
  await server.query('CREATE DATABASE ' + database);
  const url = new URL(admin);
  url.pathname = database;
  try {
    const seeder = new pg.Client(url.href);
    await seeder.connect();
    await seeder.query('CREATE EXTENSION pg_stat_statements');
    for (const name of readdirSync(data).filter((name) => !name.endsWith('.admin.sql')).sort()) {
      await seeder.query(readFileSync(data + '/' + name, 'utf8'));
    }
    await seeder.query('VACUUM ANALYZE');
    await seeder.end();
    const port = await freePort();
    const env = { ...process.env, DATABASE_URL: url.href, PORT: String(port), HOST: '127.0.0.1' };
    spawnSync(process.execPath, ['src/migrate.ts'], { cwd: target, env });
    const service = spawn(process.execPath, ['src/server.ts'], { cwd: target, env, stdio: 'ignore' });
    try {
      const base = 'http://127.0.0.1:' + port;
      while (!(await fetch(base + '/healthz').then((answer) => answer.ok, () => false))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect((await fetch(base + path, init)).status).toBe(status);
    } finally {
      service.kill('SIGKILL');
    }
  } finally {
    await server.query('DROP DATABASE ' + database + ' WITH (FORCE)');
    await server.end();
  }
});

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
`;
}

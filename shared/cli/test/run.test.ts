import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import getPort, { portNumbers } from 'get-port';
import { expect, test, vi } from 'vitest';
import { Labs, outcomeOf } from './support/labs.ts';

const FOREIGN = { SOME_PASSWORD: 'foreign', NODE_OPTIONS: '--no-warnings', SOME_TOKEN: 'foreign' };

/** A learner's lab 01 whose programs write down what they see. */
class Watched {
  readonly #labs: Labs;

  constructor(labs: Labs) {
    this.#labs = labs;
  }

  async prepare(): Promise<void> {
    await this.#labs.run('reset', '1');
    for (const script of ['server', 'migrate']) {
      const look = `import { writeFileSync } from 'node:fs';
        writeFileSync('${this.#file(script)}', JSON.stringify({ ...process.env, pid: process.pid }));`;
      const listen = `import { createServer } from 'node:http';
        createServer((request, response) => response.end('ok'))
          .listen(Number(process.env.PORT), process.env.HOST);`;
      const text = script === 'server' ? look + listen : look;
      writeFileSync(join(this.#labs.work, `01-query-plans/src/${script}.ts`), text);
    }
  }

  /** What that program saw when it last ran; it must run again before the next call. */
  async seen(script: 'server' | 'migrate'): Promise<Record<string, string>> {
    const file = this.#file(script);
    await vi.waitUntil(() => existsSync(file), { timeout: 30_000, interval: 100 });
    const found: unknown = await vi.waitFor(() => JSON.parse(readFileSync(file, 'utf8')), {
      timeout: 30_000,
    });
    rmSync(file);
    return found as Record<string, string>;
  }

  #file(script: string): string {
    return join(this.#labs.home, `${script}.json`);
  }
}

/** Values that differ from start to start; that they are there counts. */
function comparable(env: Record<string, string>): Record<string, string> {
  const own = ['DATABASE_URL', 'PORT', 'pid'].filter((name) => env[name] !== undefined);
  return { ...env, ...Object.fromEntries(own.map((name) => [name, 'set'])) };
}

/** Waits for it to end. */
async function hasGone(pid: number): Promise<boolean> {
  return await vi.waitUntil(() => !isThere(pid), { timeout: 10_000 });
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('labs run and labs test start programs that see the same, and die with it', async () => {
  using labs = await Labs.onPostgres(FOREIGN);
  const watched = new Watched(labs);
  await watched.prepare();

  await labs.run('test', '1', '2');
  const underTest = {
    server: await watched.seen('server'),
    migrate: await watched.seen('migrate'),
  };

  const port = await getPort({ host: '127.0.0.1', port: portNumbers(18_080, 18_999) });
  const served = labs.start('run', '1', '--port', String(port));
  const outcome = outcomeOf(served);
  const running = { migrate: await watched.seen('migrate'), server: await watched.seen('server') };
  expect(comparable(running.server)).toEqual(comparable(underTest.server));
  expect(comparable(running.migrate)).toEqual(comparable(underTest.migrate));

  const all = Object.entries({ ...running.server, ...running.migrate });
  const leaked = all.filter(([name]) => name.startsWith('LABS_') || name in FOREIGN);
  expect(leaked).toEqual([]);
  expect(running.migrate).toHaveProperty('DATABASE_URL');
  expect(running.migrate).not.toHaveProperty('PORT');

  served.kill('SIGKILL');
  await outcome;
  expect(await hasGone(Number(running.server['pid']))).toBe(true);
});

test.for(['SIGHUP', 'SIGTERM', 'SIGINT'] as const)(
  'labs run ends in good order, with its programs, after %s',
  async (signal) => {
    using labs = await Labs.onPostgres();
    const watched = new Watched(labs);
    await watched.prepare();
    const port = await getPort({ host: '127.0.0.1', port: portNumbers(18_080, 18_999) });
    const served = labs.start('run', '1', '--port', String(port));
    const outcome = outcomeOf(served);
    const { pid } = await watched.seen('server');
    served.kill(signal);
    // It ends by itself, after it has given back what it leased.
    expect((await outcome).exit).toBe(0);
    expect(await hasGone(Number(pid))).toBe(true);
  },
);

test('labs run ends, with its programs, when what started it is killed', async () => {
  using labs = await Labs.onPostgres();
  const watched = new Watched(labs);
  await watched.prepare();
  const port = await getPort({ host: '127.0.0.1', port: portNumbers(18_080, 18_999) });
  const bootstrap = join(import.meta.dirname, '../../../infra/bootstrap.mjs');
  const command = spawn(process.execPath, [bootstrap, 'run', '1', '--port', String(port)], {
    env: labs.env,
    stdio: 'ignore',
  });
  const { pid } = await watched.seen('server');
  command.kill('SIGKILL');
  expect(await hasGone(Number(pid))).toBe(true);
});

test('a control character in package.json does not reach the terminal', async () => {
  using labs = await Labs.onPostgres();
  await labs.run('reset', '2');
  const manifest = { scripts: { 'go\u001b[2J': 'node src/server.ts' } };
  writeFileSync(join(labs.work, '02-pagination-versioning/package.json'), JSON.stringify(manifest));
  const port = await getPort({ host: '127.0.0.1', port: portNumbers(18_080, 18_999) });
  const { exit, err } = await labs.run('run', '2', '--port', String(port));
  expect(err).toContain('package.json has no script "start". It has go\uFFFD[2J.\n');
  expect(exit).toBe(2);
});

test('labs run prints the traces of a service that has OpenTelemetry', async () => {
  using labs = await Labs.onPostgres();
  await labs.run('reset', '1');
  const copy = join(labs.work, '01-query-plans');
  const manifest = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as object;
  const dependencies = { '@opentelemetry/sdk-node': '1.0.0' };
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
  writeFileSync(join(copy, 'src/migrate.ts'), '');
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'GET /orders',
    kind: 2,
    startTimeUnixNano: '1000000',
    endTimeUnixNano: '3000000',
  };
  const body = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
  writeFileSync(
    join(copy, 'src/server.ts'),
    `import { createServer } from 'node:http';
     await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces', {
       method: 'POST',
       body: ${JSON.stringify(JSON.stringify(body))},
     });
     createServer((request, response) => response.end('ok'))
       .listen(Number(process.env.PORT), process.env.HOST);`,
  );
  const port = await getPort({ host: '127.0.0.1', port: portNumbers(18_080, 18_999) });
  const served = labs.start('run', '1', '--port', String(port));
  let shown = '';
  served.stdout?.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const outcome = outcomeOf(served);
  await vi.waitFor(() => expect(shown).toContain('GET /orders  [? SERVER]  2.0 ms'), {
    timeout: 30_000,
    interval: 100,
  });
  served.kill('SIGINT');
  await outcome;
});

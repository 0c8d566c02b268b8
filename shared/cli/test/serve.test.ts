import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test as base, vi } from 'vitest';
import { ServedCopy, type ServeOptions } from '../src/serve.ts';

const STAY = 'setInterval(() => {}, 1e6);';

/** A copy of a lab whose programs say who they are, and what of it is shown on a terminal. */
class Toy {
  readonly target = mkdtempSync(join(tmpdir(), 'served-'));
  readonly #shown: string[] = [];

  constructor() {
    this.save('package.json', JSON.stringify({ type: 'module', scripts: this.scripts() }));
    this.save('start.js', `console.log('started with', process.env.PORT); ${STAY}`);
    this.save('migrate.js', `console.log('migrated', process.env.DATABASE_URL);`);
    this.save('worker.js', `console.log('working'); process.exitCode = 7;`);
  }

  scripts(): Record<string, string> {
    return { start: 'node start.js', migrate: 'node migrate.js', worker: 'node worker.js' };
  }

  save(name: string, text: string): void {
    mkdirSync(this.target, { recursive: true });
    writeFileSync(join(this.target, name), text);
  }

  serve(options: Partial<ServeOptions> = {}): ServedCopy {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    for (const stream of [stdout, stderr]) {
      stream.on('data', (chunk: Buffer) => this.#shown.push(chunk.toString()));
    }
    return new ServedCopy({
      run: { target: this.target },
      lease: { env: { DATABASE_URL: 'postgres://here' } },
      programs: [{ script: 'start', env: { PORT: '1234' } }],
      migrates: true,
      output: { stdout, stderr },
      ...options,
    });
  }

  get shown(): string {
    return this.#shown.join('');
  }

  async shows(text: string): Promise<void> {
    await vi.waitUntil(() => this.shown.includes(text), { timeout: 10_000 });
  }
}

// oxlint-disable-next-line no-empty-pattern
const test = base.extend('toy', ({}, { onCleanup }) => {
  const toy = new Toy();
  onCleanup(() => rmSync(toy.target, { recursive: true }));
  return toy;
});

test('a copy is migrated before its programs start', async ({ toy }) => {
  await using served = toy.serve();
  await served.restart();
  await toy.shows('started with 1234\n');
  expect(toy.shown).toBe('migrated postgres://here\nstarted with 1234\n');
});

test('a copy without a database is not migrated', async ({ toy }) => {
  await using served = toy.serve({ migrates: false });
  await served.restart();
  await toy.shows('started with 1234\n');
  expect(toy.shown).not.toContain('migrated');
});

test('a migration that fails is reported, and the next restart tries again', async ({ toy }) => {
  toy.save('migrate.js', 'process.exit(3);');
  await using served = toy.serve();
  await served.restart();
  expect(toy.shown).toBe(
    'labs: npm run migrate ended with exit code 3. Nothing was started. Save a file to try again.\n',
  );
  toy.save('migrate.js', '');
  await served.restart();
  await toy.shows('started with 1234\n');
});

test('a program that ends by itself is reported, one that is stopped is not', async ({ toy }) => {
  const programs = ['start', 'worker'].map((script) => ({ script, env: { PORT: '1' } }));
  await using served = toy.serve({ programs });
  await served.restart();
  await toy.shows('labs: npm run worker ended with exit code 7. Save a file to start it again.\n');
  await served.restart();
  expect(toy.shown).not.toContain('npm run start ended');
});

test('saves during a restart lead to one more restart', async ({ toy }) => {
  await using served = toy.serve();
  await Promise.all(Array.from({ length: 5 }, () => served.restart()));
  await served.restart();
  await toy.shows('started with 1234\n');
  expect(toy.shown.match(/migrated/gu)).toHaveLength(2);
});

test('the end does not wait for a migration', async ({ toy }) => {
  toy.save('migrate.js', `console.log('migrating'); ${STAY}`);
  const served = toy.serve();
  const restart = served.restart();
  await toy.shows('migrating');
  await served[Symbol.asyncDispose]();
  await restart;
  expect(toy.shown).toBe('migrating\n');
});

test('nothing is started when a script is missing', async ({ toy }) => {
  const programs = ['start', 'absent'].map((script) => ({ script, env: {} }));
  await using served = toy.serve({ programs });
  await expect(served.restart()).rejects.toMatchObject({
    code: 'NO_SCRIPT',
    message: 'package.json has no script "absent". It has start, migrate, worker.',
  });
  expect(toy.shown).toBe('');
});

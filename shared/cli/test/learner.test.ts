import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import getPort, { portNumbers } from 'get-port';
import { findLab, readCatalog, solutionsOf } from '@backend-labs/catalog';
import { describe, expect, test, vi } from 'vitest';
import { Labs, outcomeOf } from './support/labs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const lab = findLab(readCatalog(ROOT), '1');
const core = lab.tasks.filter(({ stretch }) => !stretch).length;
const tasks = lab.tasks.length;
const points = lab.tasks.flatMap((task) => task.points).length;

test('a newcomer begins with lab 00 and sees how to start another lab, once', async () => {
  using labs = await Labs.onPostgres();
  const first = await labs.run('start');
  expect(first.exit).toBe(0);
  expect(first.out).toContain('00-first-ticket: First ticket\nTask 1 of 4');
  expect(first.out).toContain('Another lab: npm run labs -- start <number>.');

  const second = await labs.run('start');
  expect(second.out).toContain('00-first-ticket: First ticket\nTask 1 of 4');
  expect(second.out).not.toContain('Another lab:');
});

test('a green task names the next one, and a finished lab names the next lab', async () => {
  using labs = await Labs.onPostgres();
  const first = findLab(readCatalog(ROOT), '0');
  await labs.run('reset', '0');
  for (const { folder } of solutionsOf(first)[0]?.layers ?? []) {
    cpSync(folder, join(labs.work, first.id), { recursive: true });
  }
  const one = await labs.run('test', '0', '1');
  expect(one.out).toContain(
    '\nNext: npm run labs -- start 0 (task 2: Add a book, correct a book)\n',
  );
  await labs.run('test', '0');
  const last = await labs.run('test', '0', '4');
  expect(last.out).toContain(
    '\nHow others did it: npm run labs -- solution 0\nNext lab: npm run labs -- start 1 (',
  );
  writeFileSync(join(labs.work, first.id, 'src/get-book.ts'), 'const = ;');
  const red = await labs.run('test', '0', '1');
  expect(red.out).not.toContain('Next');
});

/** The way of a learner through lab 01, against a real Postgres. */
describe('lab 01', () => {
  // Judges the whole lab, with a million rows, and two more runs.
  test('from a fresh copy to green, reset and back', { timeout: 400_000 }, async () => {
    using labs = await Labs.onPostgres();
    const copy = join(labs.work, '01-query-plans');

    const first = await labs.run('start', '1');
    expect(first.exit).toBe(0);
    expect(first.out).toContain(`Task 1 of ${tasks}`);
    expect(first.out).toContain('✗ 1');

    for (const { folder } of solutionsOf(lab)[0]?.layers ?? []) {
      cpSync(folder, copy, { recursive: true });
    }
    const report = join(labs.home, 'report');
    const green = await labs.run('test', '1', '--report', report);
    expect(green.out).toContain(
      `${tasks} of ${tasks} tasks passed; ${points} of ${points} points.\nHow others did it: npm run labs -- solution 1`,
    );
    expect(green.out).toContain('\nNext lab: npm run labs -- start 2 (');
    expect(green.out.match(/✓ \d/gu)).toEqual(lab.tasks.map(({ number }) => `✓ ${number}`));
    expect(green.exit).toBe(0);
    expect(readFileSync(join(report, 'junit.xml'), 'utf8')).toContain('failures="0"');
    const ctrf: unknown = JSON.parse(readFileSync(join(report, 'ctrf.json'), 'utf8'));
    expect(ctrf).toMatchObject({ results: { summary: { tests: points, passed: points } } });

    const reset = await labs.run('reset', '1');
    expect(reset.exit).toBe(0);
    const [, attempt = ''] = /Your old files are in (\S+)\./.exec(reset.out) ?? [];
    expect(readFileSync(join(copy, 'src/server.ts'))).toEqual(
      readFileSync(join(lab.dir, 'src/server.ts')),
    );

    const restored = await labs.run(
      'reset',
      '1',
      '--restore',
      attempt.replace(/^~/, process.env['HOME'] ?? '~'),
    );
    expect(restored.exit).toBe(0);
    expect((await labs.run('test', '1', '2')).exit).toBe(0);

    expect((await labs.run('list')).out).toContain(`1/${core}`);
    rmSync(copy, { recursive: true });
    expect((await labs.run('test', '1', '1')).exit).toBe(1);
    expect((await labs.run('list')).out).toContain(`0/${core}`);
  });

  test('two runs at once both judge', async () => {
    using labs = await Labs.onPostgres();
    await labs.run('test', '1', '1');
    const runs = [labs.start('test', '1', '2'), labs.start('test', '1', '2')].map(outcomeOf);
    for (const { exit, out } of await Promise.all(runs)) {
      expect(exit).toBe(1);
      expect(out).toContain('✗ 2');
    }
  });

  test.each([
    ['never listens', 'setInterval(() => {}, 1000);', 'did not answer GET /healthz'],
    ['crashes at start', 'throw new Error("no such luck");', 'no such luck'],
    ['does not compile', 'const = ;', 'The service ended with exit code 1 at its start'],
    [
      'prints a gigabyte and dies',
      'const line = "x".repeat(1e6); for (let i = 0; i < 1000; i++) process.stdout.write(line); process.exit(1);',
      'The service ended with exit code 1 at its start',
    ],
  ])('a service that %s fails the task in words', async (_what, code, says) => {
    using labs = await Labs.onPostgres();
    await labs.run('reset', '1');
    writeFileSync(join(labs.work, '01-query-plans/src/server.ts'), code);
    const { exit, out, err } = await labs.run('test', '1', '2');
    expect(out).toContain('✗ 2');
    expect(out).toContain(says);
    expect(exit).toBe(1);
    expect(out + err).not.toMatch(/shared\/(testkit|runner|cli|stack)/);
    expect(out.length).toBeLessThan(10_000);
  });

  test('Ctrl-C in the middle of a run ends it and leaves no process', async () => {
    using labs = await Labs.onPostgres();
    const child = labs.start('test', '1');
    const ended = outcomeOf(child);
    const { promise, resolve } = Promise.withResolvers<void>();
    child.stdout?.once('data', () => resolve());
    await promise;
    child.kill('SIGINT');
    const { exit, err } = await ended;
    expect(exit).toBe(130);
    expect(err).toContain('Stopped.');
  });
});

describe('lab 07', () => {
  test('is served with its other programs, until Ctrl-C', async () => {
    using labs = await Labs.onPostgres();
    const port = await getPort({ host: '127.0.0.1', port: portNumbers(18_080, 18_999) });
    const served = labs.start('run', '7', '--port', String(port), '--with', 'sandbox');
    const outcome = outcomeOf(served);
    const charge = (): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/v1/charges`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-account-id': '57',
          'idempotency-key': randomUUID(),
        },
        body: JSON.stringify({ amount: 1250, currency: 'EUR', source: 'card_visa' }),
      });
    // The provider's sandbox has the last word on it: both programs are there.
    await vi.waitFor(async () => expect((await charge()).status).toBe(201), {
      timeout: 20_000,
      interval: 100,
    });
    const manifest = join(labs.work, '07-idempotent-retries/package.json');
    const sound = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, sound.slice(0, -3));
    const isServed = () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await vi.waitFor(async () => expect(await isServed()).toBe(false), { timeout: 20_000 });
    writeFileSync(manifest, sound);
    await vi.waitFor(async () => expect(await isServed()).toBe(true), { timeout: 20_000 });

    served.kill('SIGINT');
    const { exit, out, err } = await outcome;
    expect(exit).toBe(0);
    expect(err).toContain('labs: package.json is not JSON: SyntaxError: ');
    expect(out).toContain(`07-idempotent-retries on http://127.0.0.1:${port}\n`);
    expect(out).toContain(
      `npm run sandbox beside it, with PORT=${port + 1}. If it listens elsewhere, it says so\n`,
    );
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
  });

  test('is not served with a program that it does not have', async () => {
    using labs = await Labs.onPostgres();
    const { exit, err } = await labs.run('run', '7', '--with', 'sandbix');
    expect(exit).toBe(2);
    expect(err).toContain('has no script "sandbix". It has start, dev, migrate, repro, sandbox.\n');
  });
});

test('Ctrl-C during a run shows no verdict on the test that it cut off', async () => {
  using labs = await Labs.onPostgres();
  await labs.run('reset', '1');
  // The service that the run starts writes into the copy: then a test is under way.
  const started = join(labs.home, 'started');
  const server = join(labs.work, '01-query-plans/src/server.ts');
  writeFileSync(
    server,
    `import { writeFileSync } from 'node:fs'; writeFileSync('${started}', ''); setInterval(() => {}, 1000);`,
  );
  const child = labs.start('test', '1', '2');
  const outcome = outcomeOf(child);
  await vi.waitUntil(() => existsSync(started), { timeout: 60_000, interval: 20 });
  child.kill('SIGINT');
  const { exit, out } = await outcome;
  expect(exit).toBe(130);
  expect(out).not.toContain('the machine, not you');
});

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { RunContext } from '@backend-labs/protocol';
import { describe, expect, test } from 'vitest';
import { PgSession } from '../src/postgres/session.ts';
import { eventually } from '../src/wait/eventually.ts';
import type { InnerResult } from './support/inner.ts';
import { isAlive } from './support/processes.ts';
import { toyRun } from './support/stack.ts';

const INNER = join(import.meta.dirname, 'support', 'inner.ts');

/** Nothing listens there. */
const DEAD = {
  name: 'redis',
  provision: 'url',
  url: 'redis://127.0.0.1:9/0',
  version: '8.0',
} as const;

function startInner(file: string, run: RunContext): ReturnType<typeof spawn> {
  return spawn(process.execPath, [INNER, file, JSON.stringify(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
}

async function inner(file: string, run: RunContext): Promise<Map<string, InnerResult>> {
  const { stdout } = startInner(file, run);
  if (!stdout) throw new TypeError('no pipe');
  const [line = ''] = (await readText(stdout)).trim().split('\n').slice(-1);
  const results = JSON.parse(line) as InnerResult[];
  return new Map(results.map((result) => [result.name, result]));
}

async function keptDatabases(run: RunContext): Promise<string[]> {
  await using session = await PgSession.open(run.servers.postgres?.url ?? '');
  const rows = await session.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE starts_with(datname, 'kept_98_testkit_toy')",
  );
  return rows.map(({ datname }) => datname);
}

describe('a test file with the fixtures', () => {
  test('passes, fails and teaches, with the words of the service in the failed ones', async () => {
    const results = await inner('verdicts', await toyRun('postgres'));
    const green = results.get('green');
    expect(green).toMatchObject({ state: 'passed', meta: {} });
    expect(
      results.get('the lease has the migrations of the target, the other one has not')?.state,
    ).toBe('passed');

    const red = results.get('red');
    expect(red?.errors).toEqual([
      expect.objectContaining({
        name: 'AssertionError',
        message: 'GET /broken answered 500, expected 200: {"error":"internal"}',
      }),
    ]);
    expect(red?.meta.service?.errors.join('\n')).toMatch(
      /^error {2}\/broken failed\n {2}error: relation "no_such_table" does not exist\n {6}at /u,
    );
    const tail = red?.meta.service?.tail ?? [];
    expect(tail).toContain('error  /broken failed');
    expect(tail.at(-1)).toBe('words on stderr');
    expect(results.get('without a service')).toMatchObject({ state: 'failed' });
    expect(results.get('without a service')?.meta.service).toBeUndefined();
    expect(results.get('lesson')?.errors).toEqual([
      expect.objectContaining({
        name: 'LessonError',
        lesson: { id: 'why', observed: '1 of 2.', meaning: 'Because.', lookAt: 'there.' },
      }),
    ]);
    expect(results.get('lesson')?.meta).toMatchObject({
      points: ['1.1', '1.2'],
      lastAnswer: expect.stringMatching(/^GET \/healthz answered 200: /u),
    });
    expect(red?.meta.fault).toBeUndefined();
  });

  test('starts a service that crashes once, and says why in each test', async () => {
    const run = await toyRun('postgres');
    const results = await inner('crash', { ...run, target: join(run.target, '..', 'broken') });
    const [first, second] = [results.get('first'), results.get('second')];
    expect(first?.errors).toEqual([
      expect.objectContaining({
        name: 'ServiceError',
        code: 'CRASHED_AT_START',
        message: expect.stringMatching(/pid \d+[^]*TypeError: the configuration is wrong/u),
      }),
    ]);
    expect(second?.errors[0]?.message).toBe(first?.errors[0]?.message);
    expect(first?.meta.service?.errors.join('\n')).toContain('TypeError');
  });

  test('finds the evidence when a server does not answer', async () => {
    const run = await toyRun('postgres');
    const gone = {
      ...run,
      servers: { ...run.servers, redis: DEAD },
      leases: ['postgres', 'redis'],
    };
    const results = await inner('alone', gone);
    expect(results.get('it fails by itself')?.meta.fault).toMatchObject({
      message: expect.stringContaining('redis at redis://127.0.0.1:9/0 does not answer'),
      fix: 'run `npm run labs -- stack up redis`',
    });
  });

  test('has a probe for each server that its lab names, and an error for any other', async () => {
    const results = await inner('probes', await toyRun('redis', 'rabbitmq', 'kafka'));
    expect(results.get('each server has a probe')?.errors).toEqual([]);
    expect(results.get('a server that the lab does not name has none')?.errors).toEqual([
      expect.objectContaining({ name: 'TestkitError', code: 'NOT_LEASED' }),
    ]);
  });

  test('puts away last what was made first, the lease after what was made with it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'inner-'));
    const row = join(dir, 'order');
    await inner('cleanup', { ...(await toyRun('postgres')), row });
    expect(await readFile(row, 'utf8')).toBe(' late with its lease, early');
    await rm(dir, { recursive: true });
  });

  test('keeps the database of a failed file when the run says so', async () => {
    const run = await toyRun('postgres');
    await inner('red', { ...run, keepFailed: true });
    const kept = await keptDatabases(run);
    expect(kept).toHaveLength(1);
    await using session = await PgSession.open(run.servers.postgres?.url ?? '');
    await session.query(`DROP DATABASE "${kept[0]}"`);
  });
});

describe('no service outlives', () => {
  test.for([
    ['a runner that is killed', 'runner', 'SIGKILL'],
    ['a runner that is interrupted', 'runner', 'SIGINT'],
    ['a worker that is killed', 'worker', 'SIGKILL'],
    ['a worker that is terminated', 'worker', 'SIGTERM'],
  ] as const)('%s', async ([, whom, signal]) => {
    const dir = await mkdtemp(join(tmpdir(), 'inner-'));
    const row = join(dir, 'pids');
    const runner = startInner('hold', { ...(await toyRun('postgres')), row });
    runner.stdout?.resume();
    try {
      const pids = await eventually(
        'the service to run',
        async () => {
          const text = await readFile(row, 'utf8').catch(() => '');
          return text !== '' && (JSON.parse(text) as { service: number; worker: number });
        },
        { within: 40_000 },
      );
      expect(isAlive(pids.service)).toBe(true);
      process.kill(whom === 'runner' ? (runner.pid ?? 0) : pids.worker, signal);
      await eventually('the service to end', () => !isAlive(pids.service));
      await eventually('the worker to end', () => !isAlive(pids.worker));
    } finally {
      runner.kill('SIGKILL');
      await rm(dir, { recursive: true });
    }
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { gradeClass } from '../../src/queue/grade-class.ts';
import { keys, openQueueRedis, stopQueueRedis } from '../../src/queue/redis.ts';
import type { ClassRecord } from '../../src/records.ts';
import { ROOT } from './folder.ts';
import { Workers } from './workers.ts';

export interface OrdealOptions {
  readonly course: string;
  readonly stateDir: string;
  readonly workers: number;
  /** A worker that is in the middle of a job is killed at most so often, in ms. */
  readonly killEveryMs: number;
  /** The most that are killed. */
  readonly kills: number;
  /** Redis is killed once, after so many results. It keeps nothing. */
  readonly redisAfter: number;
  readonly onLine?: (line: string) => void;
  /** Called at the start with the lines that the workers print, which go on growing. */
  readonly onWorkers?: (lines: readonly string[]) => void;
}

export interface OrdealReport {
  readonly records: readonly ClassRecord[];
  /** Each result that was written, as `assignment/student`; twice when it was written twice. */
  readonly written: readonly string[];
  readonly kills: number;
  readonly redisKills: number;
  /** By job: how often a worker began it and how often one ended it. */
  readonly begun: ReadonlyMap<string, number>;
  readonly ended: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** Grades a class while workers and Redis are killed with `kill -9`. Nobody starts Redis again but the command. */
export async function ordeal(options: OrdealOptions): Promise<OrdealReport> {
  const { course: dir, stateDir, onLine } = options;
  const open = () => openQueueRedis({ root: ROOT, stateDir, onProgress: () => {} });
  const url = await open();
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  await using workers = new Workers(stateDir, url);
  options.onWorkers?.(workers.lines);
  for (let at = 0; at < options.workers; at += 1) workers.start();
  const written: string[] = [];
  const seen = { kills: 0, redisKills: 0 };
  const started = performance.now();
  const over = new AbortController();

  const killer = (async () => {
    let last = 0;
    while (!over.signal.aborted && seen.kills < options.kills) {
      await sleep(50);
      if (performance.now() - last < options.killEveryMs || redis.status !== 'ready') continue;
      const busy = await busyWorker(redis, workers.pids);
      if (busy === undefined || over.signal.aborted) continue;
      await workers.kill(busy);
      workers.start();
      seen.kills += 1;
      last = performance.now();
      onLine?.(`killed worker ${busy} in the middle of a job`);
    }
  })();
  const records = await gradeClass({
    dir,
    root: ROOT,
    stateDir,
    redis: url,
    onSilence: async () => {
      onLine?.('the queue is silent: starting it again');
      await open();
    },
    onEvent: (event) => {
      if (event.type !== 'settled') return;
      const { assignment, student } = event.record;
      written.push(`${assignment.id}/${student.id}`);
      onLine?.(`${written.length}: ${student.id} ${event.answer}`);
      if (written.length !== options.redisAfter) return;
      process.kill(redisPid(stateDir), 'SIGKILL');
      seen.redisKills += 1;
      onLine?.('killed Redis');
    },
  });
  over.abort();
  await killer;
  redis.disconnect();
  const seconds = (performance.now() - started) / 1000;
  await stopQueueRedis({ root: ROOT, stateDir });
  const [begun, ended] = ['started', 'ended'].map((word) => counts(workers.lines, word));
  return {
    records,
    written,
    ...seen,
    begun: begun ?? new Map(),
    ended: ended ?? new Map(),
    seconds,
  };
}

/** One of the workers that have a claim, at random: its name ends with its process number. */
async function busyWorker(redis: Redis, pids: readonly number[]): Promise<number | undefined> {
  const claims = await redis.keys(keys.claim('*'));
  const names = claims.length > 0 ? await redis.mget(claims) : [];
  const busy = pids.filter((pid) => names.some((name) => name?.endsWith(`-${pid}`)));
  return busy[Math.floor(Math.random() * busy.length)];
}

function redisPid(stateDir: string): number {
  const file = join(stateDir, 'class-queue/servers/redis/server.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as { process: { pid: number } };
  return record.process.pid;
}

function counts(lines: readonly string[], word: string): Map<string, number> {
  const jobs = lines.flatMap((line) => new RegExp(`^${word} (\\S+)`, 'u').exec(line)?.[1] ?? []);
  return new Map(
    Map.groupBy(jobs, (job) => job)
      .entries()
      .map(([job, all]) => [job, all.length]),
  );
}

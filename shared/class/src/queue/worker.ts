import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { grade } from '@backend-labs/grader';
import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { connect, KEEP, keys, PREFIX, QUEUE } from './redis.ts';
import {
  type Answer,
  type JobData,
  jobSchema,
  packAnswer,
  unpackFiles,
  unpackSubmission,
} from './wire.ts';

/** Ms after which a worker that is silent has died; it renews its lock twice as often. */
const LOCK_MS = 20_000;
const STALLED_MS = 5000;
/** A submission that has ended so many workers is not given to another. */
const MOST_DEATHS = 10;
const CLAIM_SECONDS = 10;
/** After so many jobs in a row that could not be judged, it is this machine that is at fault. */
const MOST_FAULTS = 3;

export interface WorkerOptions {
  readonly root: string;
  readonly stateDir: string;
  readonly redis: string;
  readonly onEvent?: (event: WorkerEvent) => void;
}

export type WorkerEvent =
  | { readonly type: 'started' | 'ended'; readonly job: string; readonly lab: string }
  | { readonly type: 'trouble'; readonly message: string };

/** A worker that takes one job after another. Disposing lets it end the job that it is at. */
export interface RunningWorker extends AsyncDisposable {
  readonly name: string;
  /** Resolves with the reason when this machine judges nothing. It takes no more jobs then. */
  readonly broken: Promise<string>;
}

/** Begins to take jobs. A queue that does not answer is waited for. */
export function startWorker(options: WorkerOptions): RunningWorker {
  const { redis: url, onEvent } = options;
  const name = `${hostname()}-${process.pid}`;
  const redis = connect(url);
  const connection = connect(url);
  const { promise: broken, resolve } = Promise.withResolvers<string>();
  let faults = 0;
  const worker = new Worker<unknown, void>(
    QUEUE,
    async (job) => {
      const data = jobSchema.parse(job.data);
      const event = { job: job.id ?? '', lab: data.lab };
      onEvent?.({ type: 'started', ...event });
      const fault = await answer(options, redis, name, job, data);
      onEvent?.({ type: 'ended', ...event });
      faults = fault === undefined ? 0 : faults + 1;
      if (fault === undefined || faults < MOST_FAULTS) return;
      // One broken machine must not empty the queue. This does not wait for the job, which is us.
      await worker.pause(true);
      resolve(`The last ${faults} jobs could not be judged on this machine: ${fault}`);
    },
    {
      connection,
      prefix: PREFIX,
      name,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: MOST_DEATHS,
      // The answer is beside the job.
      removeOnComplete: { count: 0 },
    },
  );
  worker.on('error', ({ message }) => onEvent?.({ type: 'trouble', message }));
  return {
    name,
    broken,
    async [Symbol.asyncDispose]() {
      await worker.close();
      redis.disconnect();
      connection.disconnect();
    },
  };
}

/**
 * Grades a submission, unless that has been done, and puts the answer beside the job.
 *
 * @returns why it could not be judged.
 */
async function answer(
  options: WorkerOptions,
  redis: Redis,
  worker: string,
  job: Job,
  data: JobData,
): Promise<string | undefined> {
  const { id = '' } = job;
  if ((await redis.exists(keys.answer(id))) > 0) return undefined;
  const claim = () => redis.set(keys.claim(id), worker, 'EX', CLAIM_SECONDS);
  await claim();
  // A Redis that has lost everything hears again who is at it.
  const claims = setInterval(() => void claim().catch(() => {}), (CLAIM_SECONDS * 1000) / 5);
  try {
    const said = await judged(options, redis, worker, data);
    await redis.set(keys.answer(id), packAnswer(said), 'EX', KEEP, 'NX');
    if (said.kind === 'fault') return said.why;
    return said.result.score ? undefined : 'a server or the machine was at fault';
  } finally {
    clearInterval(claims);
    void redis.del(keys.claim(id)).catch(() => {});
  }
}

async function judged(
  { root, stateDir }: WorkerOptions,
  redis: Redis,
  worker: string,
  data: JobData,
): Promise<Answer> {
  const to = join(stateDir, 'class', 'results', randomBytes(8).toString('hex'));
  try {
    const pack = await packOf(redis, stateDir, data.pack);
    const submission = unpackSubmission(data.submission);
    const result = await grade({ root, stateDir, submission, pack, seed: data.seed, to });
    const text = (name: string) => readFileSync(join(to, name), 'utf8');
    return {
      kind: 'result',
      result,
      verdicts: text('verdicts.json'),
      report: text('report.html'),
      worker,
    };
  } catch (error) {
    // Whatever it is: the files were read before, so the student is not at fault.
    return { kind: 'fault', why: error instanceof Error ? error.message : String(error), worker };
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
}

/** The folder of a pack; it is fetched once. `grade` checks its digest. */
async function packOf(redis: Redis, stateDir: string, digest: string): Promise<string> {
  if (!/^[0-9a-f]{64}$/u.test(digest)) throw new Error('the job names no pack');
  const dir = join(stateDir, 'class', 'packs', digest);
  if (existsSync(dir)) return dir;
  const text = await redis.get(keys.pack(digest));
  if (text === null) throw new Error('the queue has lost the pack: grade again');
  const beside = `${dir}.${process.pid}`;
  rmSync(beside, { recursive: true, force: true });
  for (const [path, bytes] of unpackFiles(text)) {
    if (path.split('/').includes('..')) throw new Error('the pack has a path outside of itself');
    mkdirSync(dirname(join(beside, path)), { recursive: true });
    writeFileSync(join(beside, path), bytes);
  }
  try {
    renameSync(beside, dir);
  } catch (error) {
    // Another worker of this machine was faster.
    rmSync(beside, { recursive: true, force: true });
    if (!existsSync(dir)) throw error;
  }
  return dir;
}

import { Queue } from 'bullmq';
import type { Parcel } from './parcel.ts';
import { connect, KEEP, keys, PREFIX, QUEUE } from './redis.ts';
import { type Answer, unpackAnswer } from './wire.ts';

/** Bytes of submissions that are on the queue at one time; the stack's Redis has 256 MB. */
const ROOM = 64 * 1024 ** 2;
/** Ms for which a job is away, and nobody claims it, until it counts as lost. Workers renew a claim each 2 s. */
const LOST_MS = 12_000;
/** Ms without a connection before `onSilence` is called. */
const SILENCE_MS = 3000;
const WORKERS_MS = 5000;
/** A done job stays answered, for a worker that was thought dead and still has it. */
const DONE = '';
const DONE_SECONDS = 86_400;

interface Held {
  readonly bytes: number;
  /** Since when the job is away; `performance.now()`. */
  lostSince?: number | undefined;
}

/** The side of the queue that puts jobs on it and takes the answers. */
export class JobQueue implements AsyncDisposable {
  readonly #redis;
  readonly #connection;
  readonly #queue;
  readonly #held = new Map<string, Held>();
  readonly #watch: NodeJS.Timeout;
  #workers: { count: number | undefined; at: number } = { count: undefined, at: -Infinity };

  constructor(url: string, onSilence?: () => Promise<void>) {
    this.#redis = connect(url);
    this.#connection = connect(url);
    this.#queue = new Queue(QUEUE, { connection: this.#connection, prefix: PREFIX });
    this.#queue.on('error', () => {});
    this.#watch = this.#tellSilence(onSilence);
  }

  get hasRoom(): boolean {
    const bytes = [...this.#held.values()].reduce((all, held) => all + held.bytes, 0);
    return bytes < ROOM;
  }

  holds(job: string): boolean {
    return this.#held.has(job);
  }

  /** Clears what an earlier run left of a job; its answer stays, unless it is a fault. */
  async forget(job: string, wasFault: boolean): Promise<void> {
    const answer = await this.#redis.get(keys.answer(job));
    if (answer === DONE || (answer !== null && wasFault)) await this.#redis.del(keys.answer(job));
    if ((await this.#queue.getJobState(job)) === 'failed') await this.#queue.remove(job);
  }

  async put(job: string, { data, pack }: Parcel): Promise<void> {
    const key = keys.pack(data.pack);
    if ((await this.#redis.exists(key)) === 0) await this.#redis.set(key, pack(), 'EX', KEEP);
    // BullMQ ignores a job whose id it knows.
    await this.#queue.add(data.lab, data, { jobId: job });
    this.#held.set(job, { bytes: data.submission.length });
  }

  /** What the workers have answered, and what they are at. A job that Redis has lost is no longer held. */
  async look(): Promise<{ answers: Map<string, Answer>; grading: Set<string> }> {
    const jobs = [...this.#held.keys()];
    const answers = new Map<string, Answer>();
    const grading = new Set<string>();
    if (jobs.length === 0) return { answers, grading };
    const said = await this.#redis.mget(jobs.map(keys.answer));
    const claims = await this.#redis.mget(jobs.map(keys.claim));
    const states = await Promise.all(jobs.map((job) => this.#queue.getJobState(job)));
    for (const [at, job] of jobs.entries()) {
      const [text, state] = [said[at], states[at]];
      const claimed = typeof claims[at] === 'string';
      if (typeof text === 'string' && text !== DONE) answers.set(job, unpackAnswer(text));
      else if (state === 'failed') answers.set(job, await this.#failed(job));
      else if (claimed || state === 'active') grading.add(job);
      this.#lookForLost(job, state === 'unknown' && !claimed && typeof text !== 'string');
    }
    return { answers, grading };
  }

  /** Its answer is in the files. */
  async done(job: string): Promise<void> {
    this.#held.delete(job);
    await this.#redis.set(keys.answer(job), DONE, 'EX', DONE_SECONDS);
    await this.#queue.remove(job).catch(() => {});
  }

  /** How many workers wait for jobs or have one; undefined when Redis does not tell. */
  async workers(): Promise<number | undefined> {
    if (performance.now() - this.#workers.at > WORKERS_MS) {
      const count = await this.#queue.getWorkersCount().catch(() => undefined);
      this.#workers = { count, at: performance.now() };
    }
    return this.#workers.count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    // Without a Redis it would wait for one.
    this.#redis.disconnect();
    this.#connection.disconnect();
    await this.#queue.close().catch(() => {});
  }

  #lookForLost(job: string, isAway: boolean): void {
    const held = this.#held.get(job);
    if (!held) return;
    held.lostSince = isAway ? (held.lostSince ?? performance.now()) : undefined;
    const since = held.lostSince;
    if (since !== undefined && performance.now() - since > LOST_MS) this.#held.delete(job);
  }

  async #failed(job: string): Promise<Answer> {
    const failed = await this.#queue.getJob(job);
    const why = failed?.failedReason ?? 'the queue gave it up';
    return { kind: 'fault', why, worker: '' };
  }

  #tellSilence(onSilence: (() => Promise<void>) | undefined): NodeJS.Timeout {
    let lastReady = performance.now();
    let telling = false;
    return setInterval(() => {
      if (this.#redis.status === 'ready') lastReady = performance.now();
      if (!onSilence || telling || performance.now() - lastReady < SILENCE_MS) return;
      telling = true;
      void onSilence()
        .catch(() => {})
        .finally(() => {
          telling = false;
          lastReady = performance.now();
        });
    }, 500);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { ClassError } from '../errors.ts';
import { Layout } from '../folder/layout.ts';
import type { Only } from '../folder/select.ts';
import { type Entry, readEntries } from '../read-class.ts';
import type { ClassRecord } from '../records.ts';
import { writeRound } from './job.ts';
import { endProgress, isBusy, writeProgress } from './progress.ts';
import { JobQueue } from './job-queue.ts';
import { parcelOf } from './parcel.ts';
import { settle } from './settle.ts';
import type { Answer } from './wire.ts';

/** Ms between two looks at the queue. */
const TICK_MS = 300;

export interface GradeClassOptions extends Only {
  readonly dir: string;
  readonly root: string;
  /** Holds the key that signs the results. */
  readonly stateDir: string;
  /** URL of the queue. */
  readonly redis: string;
  /** Also what has a result. */
  readonly again?: boolean;
  /** Called when the queue has not answered for seconds. */
  readonly onSilence?: () => Promise<void>;
  readonly onEvent?: (event: GradeEvent) => void;
  /** Stops waiting. What workers have begun goes on, and the next run takes it. */
  readonly signal?: AbortSignal;
}

export type GradeEvent =
  | { readonly type: 'settled'; readonly record: ClassRecord; readonly answer: Answer['kind'] }
  | {
      readonly type: 'waiting';
      readonly open: number;
      readonly all: number;
      readonly grading: number;
      /** How many wait for jobs; undefined when Redis does not tell. */
      readonly workers: number | undefined;
    };

/**
 * Puts every collected submission without a result on the queue, waits for the workers, and writes
 * what they answer. Redis holds nothing that is not in the files: what it loses is put on it again.
 *
 * @returns the records that it was about, as they are now.
 * @throws ClassError `BUSY`, and what `readClass` throws.
 */
export async function gradeClass(options: GradeClassOptions): Promise<ClassRecord[]> {
  const { dir, again = false, onEvent, signal } = options;
  const layout = new Layout(dir);
  if (await isBusy(layout)) {
    const message = `Another command grades this class. Wait for it: labs class status ${dir} --watch`;
    throw new ClassError('BUSY', message);
  }
  if (again) await askAgain(layout, dir, options);
  const entries = (await readEntries(dir, options)).filter(isOpen);
  const open = byJob(entries);
  if (open.size === 0) return [];
  await using queue = new JobQueue(options.redis, options.onSilence);
  using _progress = { [Symbol.dispose]: () => endProgress(layout) };
  await writeProgress(layout, { queued: new Set(open.keys()), grading: new Set() });
  for (const [job, [first]] of open) await queue.forget(job, first?.record.state === 'not judged');
  const all = open.size;
  const isStopped = () => signal?.aborted === true;
  let shown = '';
  while (open.size > 0 && !isStopped()) {
    for (const [job, [first]] of open) {
      if (!queue.hasRoom) break;
      if (!first || queue.holds(job)) continue;
      const parcel = await parcelOf(layout, first);
      if ('fault' in parcel) await settled(job, fault(parcel.fault));
      else await queue.put(job, parcel);
    }
    const { answers, grading } = await queue.look();
    for (const [job, answer] of answers) await settled(job, answer);
    const queued = [...open.keys()].filter((job) => !grading.has(job));
    const now = JSON.stringify([queued, [...grading]]);
    if (now !== shown) await writeProgress(layout, { queued: new Set(queued), grading });
    shown = now;
    const workers = await queue.workers();
    onEvent?.({ type: 'waiting', open: open.size, all, grading: grading.size, workers });
    if (open.size > 0) await sleep(TICK_MS);
  }
  endProgress(layout);
  const about = new Set(entries.map(keyOfEntry));
  return (await readEntries(dir, options))
    .filter((entry) => about.has(keyOfEntry(entry)))
    .map(({ record }) => record);

  async function settled(job: string, answer: Answer): Promise<void> {
    for (const entry of open.get(job) ?? []) {
      await settle(layout, options.stateDir, job, entry, answer);
      onEvent?.({ type: 'settled', record: entry.record, answer: answer.kind });
    }
    open.delete(job);
    await queue.done(job);
  }
}

function isOpen({ record: { state } }: Entry): boolean {
  return state === 'collected' || state === 'not judged';
}

/** Several students may have handed in the very same commit: it is graded once. */
function byJob(entries: readonly Entry[]): Map<string, Entry[]> {
  return Map.groupBy(entries, ({ job = '' }) => job);
}

function keyOfEntry({ record: { assignment, student } }: Entry): string {
  return `${assignment.id}/${student.id}`;
}

function fault(why: string): Answer {
  return { kind: 'fault', why, worker: '' };
}

/** A new round for each that has a result. A round that is not graded yet stays. */
async function askAgain(layout: Layout, dir: string, only: Only): Promise<void> {
  for (const { record, round } of await readEntries(dir, only)) {
    if (record.state !== 'graded') continue;
    writeRound(layout.grades(record.assignment.id, record.student.id), round + 1);
  }
}

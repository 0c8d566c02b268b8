import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { statusSchema } from '@backend-labs/protocol';
import { z } from 'zod';
import { writeAtomic } from './copies/atomic.ts';
import { WorkError } from './copies/errors.ts';
import { systemCode, writing } from './copies/file-trouble.ts';
import { withLock } from './copies/lock.ts';

const SCHEMA = 1;

const verdictSchema = statusSchema;
const hintLevelSchema = z.literal([1, 2, 3]);
const timeSchema = z.iso.datetime();

const taskSchema = z.object({
  /** Runs that judged the learner's work: passed or failed. */
  attempts: z.int().nonnegative(),
  lastVerdict: verdictSchema.optional(),
  lastRunAt: timeSchema.optional(),
  /** The last judgement was `passed`. An `error` or `not run` since takes nothing away. */
  passing: z.boolean(),
  /** Stays, also after a reset. */
  firstPassedAt: timeSchema.optional(),
  /** Point → how it came out when the task was last judged. Absent in files from before points. */
  points: z.record(z.string(), verdictSchema).optional(),
  /** `testsDigest` when it was last judged: a pass of other tests is none. Absent in older files. */
  tests: z.string().optional(),
  /** Every hint asked for, in order. */
  hints: z.array(z.object({ level: hintLevelSchema, at: timeSchema })),
});

const progressSchema = z.object({
  schema: z.literal(SCHEMA),
  labs: z.record(z.string(), z.object({ tasks: z.record(z.string(), taskSchema) })),
});

/** How one task of a run came out. `waiting`: it cannot be judged before another one passes. */
export type Verdict = z.infer<typeof verdictSchema>;
/** 1 a question, 2 the mechanism, 3 the shape. */
export type HintLevel = z.infer<typeof hintLevelSchema>;
/** What is known of one task. Times are ISO 8601, UTC. */
export type TaskProgress = Readonly<z.infer<typeof taskSchema>>;
/** The content of `.labs/progress.json`: by lab id, then by slug of the task. */
export type Progress = z.infer<typeof progressSchema>;

export interface TaskVerdict {
  /** Slug of the task. */
  readonly task: string;
  readonly verdict: Verdict;
  /** Point → how it came out. */
  readonly points: Readonly<Record<string, Verdict>>;
  /** `testsDigest` of the task. */
  readonly tests?: string;
}

/** What `firstUnfinished` needs to know of a lab. */
export interface LabTasks {
  readonly id: string;
  readonly tasks: readonly { readonly slug: string; readonly stretch: boolean }[];
}

export interface ReadProgress {
  readonly progress: Progress;
  /** One line for the learner when the file was damaged, saying where it is now. */
  readonly note?: string;
}

/**
 * Reads `.labs/progress.json`. If it is absent, there is no progress yet. If it is damaged or from a
 * newer version, it is moved aside with a note: nothing is lost, and the command goes on.
 */
export async function readProgress(stateDir: string): Promise<ReadProgress> {
  const progress = await readOrUndefined(stateDir);
  if (progress !== undefined) return { progress };
  try {
    return await withProgressLock(stateDir, () => readOrMoveAside(stateDir));
  } catch (error) {
    if (!(error instanceof WorkError)) throw error;
    const note = `${progressPath(stateDir)} is damaged and could not be moved aside: ${error.message}`;
    return { progress: emptyProgress(), note };
  }
}

/**
 * Adds the outcome of a run. Safe while other commands do the same.
 *
 * @returns The progress as written.
 * @throws StateBusyError, WorkReadOnlyError, DiskFullError; then the file is as it was.
 */
export function recordVerdicts(
  stateDir: string,
  lab: string,
  verdicts: readonly TaskVerdict[],
  now = new Date(),
): Promise<ReadProgress> {
  return change(stateDir, (progress) => {
    for (const { task, ...judged } of verdicts) {
      updateTask(progress, lab, task, (before) => afterVerdict(before, judged, now));
    }
  });
}

/** Notes that a hint was shown. Returns and throws as `recordVerdicts` does. */
export function recordHint(
  stateDir: string,
  lab: string,
  task: string,
  level: HintLevel,
  now = new Date(),
): Promise<ReadProgress> {
  return change(stateDir, (progress) => {
    updateTask(progress, lab, task, (before) => ({
      ...before,
      hints: [...before.hints, { level, at: now.toISOString() }],
    }));
  });
}

/** In a fresh copy no task of the lab passes any more; when each first did stays known. */
export function recordReset(stateDir: string, lab: string): Promise<ReadProgress> {
  return change(stateDir, (progress) => {
    for (const task of Object.keys(progress.labs[lab]?.tasks ?? {})) {
      updateTask(progress, lab, task, ({ points: _points, ...before }) => ({
        ...before,
        passing: false,
      }));
    }
  });
}

/** What is known of a task; of one never run, that. */
export function taskProgress(progress: Progress, lab: string, task: string): TaskProgress {
  return progress.labs[lab]?.tasks[task] ?? { attempts: 0, passing: false, hints: [] };
}

/** The hint to show when the learner asks again: one deeper than the deepest shown, 3 at most. */
export function nextHintLevel(progress: Progress, lab: string, task: string): HintLevel {
  const shown = new Set(taskProgress(progress, lab, task).hints.map(({ level }) => level));
  if (shown.has(2) || shown.has(3)) return 3;
  return shown.has(1) ? 2 : 1;
}

/** Whether nothing of any lab was ever run, and no hint was shown. */
export function isNewcomer(progress: Progress): boolean {
  return Object.values(progress.labs).every(({ tasks }) => Object.keys(tasks).length === 0);
}

/** The lab that shows how to work with a lab. */
const ON_RAMP = /^00-/u;

/**
 * The first core task, in the order of the catalogue, that does not pass; undefined when all do. Lab 00
 * is the first for newcomers. If a learner has begun with another lab, it is the last.
 *
 * @param passes whether a task that once passed still does.
 */
export function firstUnfinished<L extends LabTasks>(
  labs: readonly L[],
  progress: Progress,
  passes = (lab: L, { slug }: L['tasks'][number]) => taskProgress(progress, lab.id, slug).passing,
): { lab: L; task: L['tasks'][number] } | undefined {
  const isSkipped = ({ id }: L): boolean =>
    ON_RAMP.test(id) && !isNewcomer(progress) && progress.labs[id] === undefined;
  for (const lab of labs.toSorted((a, b) => Number(isSkipped(a)) - Number(isSkipped(b)))) {
    const task = lab.tasks.find((each) => !each.stretch && !passes(lab, each));
    if (task !== undefined) return { lab, task };
  }
  return undefined;
}

function afterVerdict(
  before: TaskProgress,
  { verdict, points, tests }: Omit<TaskVerdict, 'task'>,
  now: Date,
): TaskProgress {
  const at = now.toISOString();
  const seen = { ...before, lastVerdict: verdict, lastRunAt: at };
  const judged = { points, ...(tests !== undefined && { tests }) };
  if (verdict === 'passed') {
    const firstPassedAt = before.firstPassedAt ?? at;
    return { ...seen, ...judged, attempts: before.attempts + 1, passing: true, firstPassedAt };
  }
  if (verdict === 'failed') {
    return { ...seen, ...judged, attempts: before.attempts + 1, passing: false };
  }
  return seen;
}

function updateTask(
  progress: Progress,
  lab: string,
  task: string,
  update: (before: TaskProgress) => TaskProgress,
) {
  const { tasks } = (progress.labs[lab] ??= { tasks: {} });
  tasks[task] = update(taskProgress(progress, lab, task));
}

function change(stateDir: string, edit: (progress: Progress) => void): Promise<ReadProgress> {
  return withProgressLock(stateDir, async () => {
    const read = await readOrMoveAside(stateDir);
    edit(read.progress);
    await writeAtomic(progressPath(stateDir), `${JSON.stringify(read.progress, undefined, 2)}\n`);
    return read;
  });
}

/** The caller holds the lock. */
async function readOrMoveAside(stateDir: string): Promise<ReadProgress> {
  const progress = await readOrUndefined(stateDir);
  if (progress !== undefined) return { progress };
  const path = progressPath(stateDir);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const aside = join(stateDir, `progress.unreadable-${stamp}.json`);
  await writing(aside, () => rename(path, aside));
  const note = `${path} is damaged or from a newer version. It is now ${aside}, and progress starts again from nothing.`;
  return { progress: emptyProgress(), note };
}

/** Undefined when something is there that cannot be understood. */
async function readOrUndefined(stateDir: string): Promise<Progress | undefined> {
  try {
    return progressSchema.parse(JSON.parse(await readFile(progressPath(stateDir), 'utf8')));
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (['ENOENT', 'ENOTDIR'].includes(code)) return emptyProgress();
    if (['EISDIR', 'EACCES', 'EPERM'].includes(code)) return undefined;
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

function withProgressLock<T>(stateDir: string, action: () => Promise<T>): Promise<T> {
  return withLock({ stateDir, name: 'progress', what: 'your progress' }, action);
}

function emptyProgress(): Progress {
  return { schema: SCHEMA, labs: {} };
}

function progressPath(stateDir: string): string {
  return join(stateDir, 'progress.json');
}

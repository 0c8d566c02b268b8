import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  GraderError,
  readPristine,
  readSubmission,
  type ReadSubmission,
  Repository,
  takeWork,
} from '@backend-labs/grader';
import { ClassError } from '../errors.ts';
import { type ClassFile, readClassFile } from '../folder/class-file.ts';
import { Layout } from '../folder/layout.ts';
import { readRoster } from '../folder/roster.ts';
import { type Only, wanted } from '../folder/select.ts';
import { closes, lateSeconds } from '../marks.ts';
import type { Assignment, Student } from '../records.ts';
import { committedAt, fetchInto } from './clone.ts';
import {
  type Collected,
  filesDir,
  readCollection,
  troubleFile,
  writeCollection,
  writeTrouble,
} from './record.ts';
import { shown, type Source, sourceOf } from './source.ts';

export interface CollectOptions extends Only {
  readonly dir: string;
  /** Also what was collected after its deadline. */
  readonly again?: boolean;
  readonly onCollected?: (outcome: CollectOutcome) => void;
}

export interface CollectOutcome {
  readonly student: Student;
  readonly assignment: Assignment;
  /**
   * - `settled`: an earlier collect after the deadline has taken it; later pushes do not count
   * - `not read`: the repository cannot be read; what was collected before stays
   */
  readonly outcome: 'collected' | 'no submission' | 'settled' | 'not read';
  readonly why?: string;
  readonly commit?: string;
  readonly lateSeconds?: number;
}

/** Repositories that are read at the same time: most of it is waiting for another machine. */
const LANES = 4;

type Pristine = ReturnType<typeof readPristine>;

/**
 * Takes the last commit before the deadline of every student. A repository that cannot be read does
 * not stop the others.
 *
 * @throws ClassError `NO_CLASS`, `CLASS_INVALID`, `UNKNOWN`, `NO_GIT`; GraderError of a broken pack.
 */
export async function collect(options: CollectOptions): Promise<CollectOutcome[]> {
  const layout = new Layout(options.dir);
  const file = readClassFile(layout);
  const { students, assignments } = wanted(readRoster(layout.roster), file.assignments, options);
  const outcomes: CollectOutcome[] = [];
  for (const assignment of assignments) {
    const pristine = readPristine(layout.pack(assignment.id));
    const lane = async (next: Iterator<Student>) => {
      for (let at = next.next(); at.done !== true; at = next.next()) {
        const student = at.value;
        const one = { layout, file, student, assignment, pristine };
        const outcome = { student, assignment, ...(await collectOne(one, options.again ?? false)) };
        options.onCollected?.(outcome);
        outcomes.push(outcome);
      }
    };
    const queue = students.values();
    await Promise.all(Array.from({ length: LANES }, () => lane(queue)));
  }
  return outcomes;
}

interface One {
  readonly layout: Layout;
  readonly file: ClassFile;
  readonly student: Student;
  readonly assignment: Assignment;
  readonly pristine: Pristine;
}

type Found = Omit<CollectOutcome, 'student' | 'assignment'>;

async function collectOne(one: One, again: boolean): Promise<Found> {
  const { layout, file, student, assignment } = one;
  const dir = layout.submission(assignment.id, student.id);
  const before = readCollection(dir);
  const end = closes(assignment);
  // The dates of commits are the student's to choose. What is pushed after this cannot be back-dated.
  if (!again && before?.closes === end && before.on > end) return { outcome: 'settled' };
  const on = new Date().toISOString();
  try {
    const source = sourceOf(layout.dir, file, student, assignment);
    if (!source) throw new Error('neither roster.csv nor class.yaml names a repository');
    const { collected, submission } = await read(one, source, end);
    if (submission) replaceFiles(dir, submission.files);
    writeCollection(dir, { collected, on, closes: end });
    rmSync(troubleFile(dir), { force: true });
    if (collected.found === 'nothing') return { outcome: 'no submission', why: collected.why };
    const { commit, lateSeconds: late } = collected;
    return { outcome: 'collected', lateSeconds: late, ...(commit !== undefined && { commit }) };
  } catch (error) {
    if (error instanceof ClassError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    writeTrouble(dir, why);
    return { outcome: 'not read', why };
  }
}

interface Read {
  readonly collected: Collected;
  readonly submission?: ReadSubmission;
}

async function read(one: One, source: Source, end: string): Promise<Read> {
  const { layout, student, assignment, pristine } = one;
  const nothing = (why: string): Read => ({ collected: { found: 'nothing', why } });
  try {
    const { submission, at } = source.isGit
      ? await readCommit(layout.clone(student.id, source.at), source.at, end)
      : { submission: await readSubmission(source.at), at: undefined };
    const digest = digestOf(submission, pristine);
    if (digest === undefined) return nothing(`no work/${assignment.lab}/ in ${shown(source)}`);
    const { commit, history, leftOut } = submission;
    return {
      submission,
      collected: {
        found: 'work',
        ...(commit !== undefined && { commit }),
        ...(at !== undefined && { at }),
        lateSeconds: at === undefined ? 0 : lateSeconds(assignment.due, at),
        digest,
        history,
        leftOut,
      },
    };
  } catch (error) {
    if (error instanceof NoCommit) return nothing(error.message);
    const isEarly = error instanceof GraderError && error.code === 'NO_COMMIT';
    if (isEarly) return nothing(`no commit before ${end}`);
    throw error;
  }
}

/** Of the files that are judged; undefined when there are none. */
function digestOf(submission: ReadSubmission, { pack, files }: Pristine): string | undefined {
  try {
    return takeWork(submission, pack, files).digest;
  } catch (error) {
    if (error instanceof GraderError && error.code === 'NO_SUBMISSION') return undefined;
    throw error;
  }
}

class NoCommit extends Error {}

async function readCommit(dir: string, source: string, end: string) {
  try {
    await fetchInto(dir, source);
  } catch (error) {
    // The repository is there, and nobody has pushed to it.
    const isEmpty = error instanceof Error && /remote ref HEAD/u.test(error.message);
    throw isEmpty ? new NoCommit('the repository has no commit', { cause: error }) : error;
  }
  const repository = Repository.at(dir);
  const commit = await repository.last(end);
  const submission = {
    ...(await repository.read(commit)),
    history: await repository.history(commit),
  };
  return { submission, at: await committedAt(dir, commit) };
}

/** All of the new files, or all of the old ones. */
function replaceFiles(dir: string, files: ReadonlyMap<string, Buffer>): void {
  const to = filesDir(dir);
  const [beside, old] = [`${to}.new`, `${to}.old`];
  for (const path of [beside, old]) rmSync(path, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(beside, path)), { recursive: true });
    writeFileSync(join(beside, path), bytes);
  }
  try {
    renameSync(to, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  renameSync(beside, to);
  rmSync(old, { recursive: true, force: true });
}

import { join } from 'node:path';
import { loadLab } from '@backend-labs/catalog';
import { readPack } from '@backend-labs/grader';
import { gradeResultSchema, type GradeResult } from '@backend-labs/protocol';
import { filesDir, readCollection, type Work } from './collect/record.ts';
import { type FiledAssignment, readClassFile } from './folder/class-file.ts';
import { Layout } from './folder/layout.ts';
import { readRoster } from './folder/roster.ts';
import { type Only, wanted } from './folder/select.ts';
import { readJson } from './folder/write.ts';
import { markOf } from './marks.ts';
import { type Overrides, readOverrides } from './overrides.ts';
import { jobId, keyOf, readDone, roundOf } from './queue/job.ts';
import { type Progress, readProgress } from './queue/progress.ts';
import type { ClassRecord, Student } from './records.ts';
import { noteOf, stateOf } from './state.ts';

/**
 * Everything that is known of a class: one record for each student and assignment, in the order of
 * `class.yaml`, then of the roster. It only reads files, and starts nothing.
 *
 * @throws ClassError `NO_CLASS`, `CLASS_INVALID`, `UNKNOWN`; GraderError `NO_PACK`.
 */
export async function readClass(dir: string, only: Only = {}): Promise<ClassRecord[]> {
  return (await readEntries(dir, only)).map(({ record }) => record);
}

/** A record, and the job that would give its result. */
export interface Entry {
  readonly record: ClassRecord;
  readonly assignment: FiledAssignment;
  readonly work?: Work;
  readonly job?: string;
  readonly round: number;
}

export async function readEntries(dir: string, only: Only = {}): Promise<Entry[]> {
  const layout = new Layout(dir);
  const { assignments: all } = readClassFile(layout);
  const { students, assignments } = wanted(readRoster(layout.roster), all, only);
  const progress = await readProgress(layout);
  const overrides = readOverrides(layout);
  return assignments.flatMap((assignment) => {
    const pack = new PackFacts(layout.pack(assignment.id), assignment.lab);
    const shared = { layout, assignment, pack, progress, overrides };
    return students.map((student) => entryOf(shared, student));
  });
}

interface Shared {
  readonly layout: Layout;
  readonly assignment: FiledAssignment;
  readonly pack: PackFacts;
  readonly progress: Progress;
  readonly overrides: Overrides;
}

function entryOf(
  { layout, assignment, pack, progress, overrides }: Shared,
  student: Student,
): Entry {
  const dir = layout.submission(assignment.id, student.id);
  const grades = layout.grades(assignment.id, student.id);
  const collected = readCollection(dir)?.collected;
  const work = collected?.found === 'work' ? collected : undefined;
  const round = roundOf(grades);
  const job = work && jobId(work, pack.digest, assignment, round);
  const done = readDone(grades);
  const result = done && done.submission === keyOf(work) ? readResult(grades) : undefined;
  const override = overrides[assignment.id]?.[student.id];
  const late = { seconds: work?.lateSeconds ?? 0, policy: assignment.late };
  const mark = markOf(result?.score, late, override, () => pack.points);
  const state = stateOf({ collected: collected?.found, job, done, result, progress, grades });
  const { commit, at, lateSeconds = 0 } = work ?? {};
  const why = collected?.found === 'nothing' ? collected.why : undefined;
  const note = noteOf(state, { dir, grades, why });
  // Not the seed: records go into pages and files that others read.
  const { id, title, lab, due, late: policy } = assignment;
  const record: ClassRecord = {
    student,
    assignment: { id, title, lab, due, late: policy },
    state,
    ...(note !== undefined && { note }),
    ...(work && {
      submission: {
        ...(commit !== undefined && { commit }),
        ...(at !== undefined && { at }),
        lateSeconds,
        dir: filesDir(dir),
      },
    }),
    ...(result && { result }),
    ...(override && { override }),
    ...(mark && { mark }),
  };
  return { record, assignment, round, ...(work && { work }), ...(job !== undefined && { job }) };
}

function readResult(dir: string): GradeResult | undefined {
  return readJson(join(dir, 'result.json'), gradeResultSchema);
}

/** What the records need to know of a pack. */
class PackFacts {
  readonly digest: string;
  readonly #dir: string;
  readonly #lab: string;
  #points: number | undefined;

  constructor(dir: string, lab: string) {
    this.digest = readPack(dir).digest;
    this.#dir = dir;
    this.#lab = lab;
  }

  /** How many there are, of all of its tasks. */
  get points(): number {
    const { tasks } = readPack(this.#dir);
    const lab = loadLab(join(this.#dir, 'labs', this.#lab), this.#dir);
    this.#points ??= lab.tasks
      .filter(({ number }) => tasks.includes(number))
      .reduce((all, { points }) => all + points.length, 0);
    return this.#points;
  }
}

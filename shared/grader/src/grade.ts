import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxTrouble } from '@backend-labs/launcher';
import {
  type GradedPoint,
  gradeResultSchema,
  type GradeResult,
  type Pack,
  taskVerdictSchema,
  type TaskVerdict,
} from '@backend-labs/protocol';
import { GraderError } from './errors.ts';
import { judgeSubmission } from './judge/judge.ts';
import { gradeTasks, scoreOf, worst } from './judge/score.ts';
import { judgeSteps } from './judge/steps.ts';
import { readPristine } from './pack/pristine.ts';
import { interviewQuestions } from './report/interview.ts';
import { readOfLab } from './report/of-lab.ts';
import { renderReport } from './report/report.ts';
import { starterPoints } from './report/starter.ts';
import { graderKey, type GraderKey, sign } from './sign.ts';
import { readCommits } from './submission/commits.ts';
import { submissionName } from './submission/name.ts';
import { ownCommits } from './submission/own-commits.ts';
import { readSubmission, type ReadSubmission } from './submission/read.ts';
import type { Commit } from './submission/repository.ts';
import { type Taken, takeWork } from './submission/take.ts';

export interface GradeOptions {
  readonly root: string;
  readonly stateDir: string;
  /** A folder, archive or git repository; or what `readSubmission` has read. */
  readonly submission: string | ReadSubmission;
  /** The pack as `labs pack` made it. */
  readonly pack: string;
  /** ISO 8601: of a git repository the last commit before it counts. */
  readonly deadline?: string;
  /** Draws the tests' data. Left out: the same for all submissions of the pack, and known to us only. */
  readonly seed?: string;
  /** The folder for `result.json`, `result.jws`, `report.html` and `verdicts.json`. */
  readonly to: string;
  /** Judges a git repository at so many of its commits too, for the report. Left out: it does not. */
  readonly commits?: number;
  /** Goes on where an earlier run into `to` left points not judged. */
  readonly resume?: boolean;
  readonly onProgress?: (line: string) => void;
  readonly onVerdict?: (verdict: TaskVerdict) => void;
}

/**
 * Grades a submission, and writes the result and the report. Without a sandbox it refuses.
 *
 * @throws GraderError
 */
export async function grade(options: GradeOptions): Promise<GradeResult> {
  const trouble = await gradingTrouble();
  if (trouble !== undefined) throw new GraderError('NO_SANDBOX', trouble);
  const { pack, files: pristine } = readPristine(options.pack);
  const { submission: given, deadline } = options;
  const submission = typeof given === 'string' ? await readSubmission(given, deadline) : given;
  const own = (commits: readonly Commit[]) => ownCommits(commits, pristine);
  const commits =
    typeof given === 'string' && options.commits !== undefined
      ? await readCommits(given, deadline, options.commits, own)
      : [];
  const taken = takeWork(submission, pack, pristine);
  const key = await graderKey(options.stateDir);
  const seed = options.seed ?? seedOf(key, pack);
  const earlier = options.resume === true ? readEarlier(options.to, taken, seed) : [];
  const job = { ...options, pack, pristine, seed };
  const verdicts = await judgeSubmission({ ...job, taken: taken.files, earlier });
  const result = resultOf(pack, taken, submission.commit, seed, verdicts);
  const starter = starterPoints(result, pack);
  const { digest: untouched } = takeWork({ files: pristine, leftOut: [] }, pack, pristine);
  const steps = await judgeSteps({
    ...job,
    commits,
    known: new Map([
      ...(starter ? [[untouched, starter] as const] : []),
      [taken.digest, pointsOf(pack, verdicts)],
    ]),
    judge: async (files) => {
      const { onVerdict: _submissions, ...silent } = job;
      return pointsOf(pack, await judgeSubmission({ ...silent, taken: files }));
    },
  });
  mkdirSync(options.to, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(options.to, name), text);
  write('verdicts.json', json(verdicts));
  write('result.json', json(result));
  write('result.jws', await sign(result, key));
  const history = own(submission.history);
  const { interview, tasks } = readOfLab(options.root, pack.lab);
  const questions = interviewQuestions(interview, result);
  const absent = tasks.filter(({ number }) => !pack.tasks.includes(number));
  const name = typeof given === 'string' ? { name: submissionName(given) } : {};
  const shown = { result, pack, ...name, absent, verdicts, pristine, taken, history, steps };
  write('report.html', renderReport({ ...shown, questions }));
  return result;
}

function pointsOf(pack: Pack, verdicts: readonly TaskVerdict[]): GradedPoint[] {
  return gradeTasks(verdicts, pack.weights).flatMap(({ points }) => points);
}

/** What keeps this machine from grading, and the fix; undefined when it can. */
export async function gradingTrouble(): Promise<string | undefined> {
  const trouble = await sandboxTrouble();
  return trouble && `${trouble.message}. ${trouble.fix}.`;
}

function resultOf(
  pack: Pack,
  taken: Taken,
  commit: string | undefined,
  seed: string,
  verdicts: readonly TaskVerdict[],
): GradeResult {
  const tasks = gradeTasks(verdicts, pack.weights);
  const score = scoreOf(tasks.flatMap(({ points }) => points));
  const core = tasks.filter(({ stretch }) => !stretch);
  const grades = (core.length > 0 ? core : tasks).map((task) => task.grade);
  return gradeResultSchema.parse({
    result: 1,
    lab: pack.lab,
    pack: {
      digest: pack.digest,
      ...(pack.minutes !== undefined && { minutes: pack.minutes }),
      ai: pack.ai,
      ...(pack.newPackages && { newPackages: pack.newPackages }),
    },
    submission: { digest: taken.digest, ...(commit !== undefined && { commit }) },
    seed,
    grade: worst(grades),
    ...(score && { score }),
    tasks,
    leftOut: taken.leftOut,
    newDependencies: taken.newDependencies,
    times: { graded: new Date().toISOString() },
  } satisfies GradeResult);
}

/** Nobody without our key can draw the data of this pack's tests. */
function seedOf({ jwk }: GraderKey, { digest }: Pack): string {
  return createHmac('sha256', String(jwk.d)).update(digest).digest('hex').slice(0, 16);
}

/** @throws GraderError `NO_RESULT` unless the earlier run judged the same files with the same data. */
function readEarlier(to: string, taken: Taken, seed: string): TaskVerdict[] {
  try {
    const result = gradeResultSchema.parse(fromJson(join(to, 'result.json')));
    if (result.submission.digest !== taken.digest || result.seed !== seed) {
      throw new TypeError('it is about another submission or seed');
    }
    return taskVerdictSchema.array().parse(fromJson(join(to, 'verdicts.json')));
  } catch (cause) {
    const message = `${to} has no result of this submission and seed. Leave out --resume.`;
    throw new GraderError('NO_RESULT', message, { cause });
  }
}

function fromJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkSigned, grade, graderKey, submissionName } from '@backend-labs/grader';
import type { GradeResult } from '@backend-labs/protocol';
import type { Arguments, Run } from '../command.ts';
import { shownPath, type Context } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { requireSandbox } from '../sandbox.ts';
import { Waiting } from '../ui/progress-line.ts';
import { clean } from '../ui/untrusted.ts';

/** What `--history` judges: each takes as long as the submission. */
const COMMITS = 5;

export const run: Run = async (args, context) => {
  const file = args.text('check');
  if (file !== undefined) return check(resolve(context.cwd, file), args.on('json'), context);
  const [given] = args.positionals;
  const pack = args.text('pack');
  if (given === undefined || !pack) {
    throw new UsageError(
      'Name the submission and its pack: `labs grade ada.zip --pack take-home`.',
    );
  }
  const deadline = args.text('deadline');
  if (deadline !== undefined && Number.isNaN(Date.parse(deadline))) {
    throw new UsageError(
      `--deadline takes a time such as 2026-12-01T18:00:00Z, not "${deadline}".`,
    );
  }
  if (args.text('commits') !== undefined && !args.on('history')) {
    throw new UsageError('--commits needs --history.');
  }
  await requireSandbox(context);
  const submission = given.includes('://') ? given : resolve(context.cwd, given);
  const to = resolve(context.cwd, args.text('to') ?? join('grades', submissionName(submission)));
  const result = await graded(args, context, {
    submission,
    pack: resolve(context.cwd, pack),
    to,
    ...(deadline !== undefined && { deadline: new Date(deadline).toISOString() }),
  });
  if (args.on('json')) console.log(JSON.stringify(result, undefined, 2));
  else console.log(render(result, shownPath(join(to, 'report.html'), context)));
  return exitCode(result);
};

async function graded(
  args: Arguments,
  { root, stateDir }: Context,
  options: Pick<Parameters<typeof grade>[0], 'submission' | 'pack' | 'to' | 'deadline'>,
): Promise<GradeResult> {
  using waiting = new Waiting('Grading');
  const seed = args.text('seed');
  return await grade({
    root,
    stateDir,
    ...options,
    ...(seed !== undefined && { seed }),
    ...(args.on('history') && { commits: args.count('commits', COMMITS) }),
    resume: args.on('resume'),
    onProgress: waiting.say,
    onVerdict: ({ task, status }) => waiting.tick(`Grading: task ${task} ${status}`),
  });
}

function render(result: GradeResult, report: string): string {
  const { grade: verdict, score, tasks, leftOut, pack, newDependencies } = result;
  const notInstalled = pack.newPackages === 'allowed' ? [] : newDependencies;
  const shown = score ? `${score.points} of ${score.of} points` : 'run it again with --resume';
  return [
    ...tasks.map((task) => {
      const points = task.score ? `${task.score.points} of ${task.score.of}` : task.grade;
      return `  ${task.task}  ${task.title}: ${points}${task.stretch ? ' (stretch)' : ''}`;
    }),
    `${verdict}: ${shown}`,
    ...(leftOut.length > 0
      ? [`${leftOut.length} changes outside the candidate's files did not count.`]
      : []),
    ...(notInstalled.length > 0
      ? [clean(`New packages were not installed: ${notInstalled.join(', ')}.`)]
      : []),
    clean(report),
  ].join('\n');
}

/** Valid is not enough: anybody can sign with a key of their own. */
async function check(file: string, json: boolean, { stateDir }: Context): Promise<number> {
  const { result, signedBy } = await checkSigned(readFileSync(file, 'utf8'));
  const { id } = await graderKey(stateDir);
  const own = signedBy === id;
  if (json) console.log(JSON.stringify({ signedBy, own, result }, undefined, 2));
  else {
    const { lab, grade: verdict, score, submission, times } = result;
    const shown = score ? `, ${score.points} of ${score.of} points` : '';
    console.log(
      `${lab}: ${verdict}${shown}; files ${submission.digest.slice(0, 16)}; graded ${times.graded}`,
    );
    console.log(
      own
        ? `Signed with the key of this checkout, ${signedBy}.`
        : `Signed with another key, ${signedBy}. Ask its owner whether that is theirs.`,
    );
  }
  return own ? EXIT.green : EXIT.red;
}

function exitCode({ grade: verdict }: GradeResult): number {
  if (verdict === 'not judged') return EXIT.machine;
  return verdict === 'passed' ? EXIT.green : EXIT.red;
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MachineError } from './errors.ts';

/** The commit that is checked out, or undefined without git. */
export async function currentCommit(root: string): Promise<string | undefined> {
  const head = promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: root });
  return await head.then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** Ids of the labs with changes since the last commit, untracked files included. */
export async function changedLabs(root: string): Promise<Set<string>> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['status', '--porcelain', '--untracked-files=all', '-z', '--', 'labs'],
    { cwd: root },
  ).catch((cause: unknown) => {
    throw new MachineError(
      '--changed needs git, and git failed here. Leave out --changed, or name a lab.',
      {
        cause,
      },
    );
  });
  return new Set(stdout.match(/(?<=labs\/)\d{2}-[^/\0]+/g));
}

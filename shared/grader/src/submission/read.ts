import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GraderError } from '../errors.ts';
import { LIMITS, type Submission } from './files.ts';
import { readFolder } from './folder.ts';
import { type Commit, Repository } from './repository.ts';
import { readTar } from './tar.ts';
import { readZip } from './zip.ts';

export interface ReadSubmission extends Submission {
  /** Empty when it is not a git repository. */
  readonly history: readonly Commit[];
}

const URL_OF_GIT = /^(?:https|ssh|file):\/\//u;

export function isRepository(source: string): boolean {
  return URL_OF_GIT.test(source) || existsSync(join(source, '.git'));
}

/**
 * Reads a submission: a folder, a `.zip`, a `.tar.gz`, or with a deadline (or by URL) a git
 * repository. Of a folder the files as they are count, and its commits are only shown.
 *
 * @param deadline ISO 8601: the last commit before it counts.
 * @throws GraderError `NO_SUBMISSION`, `BAD_ARCHIVE`, `NO_COMMIT`.
 */
export async function readSubmission(source: string, deadline?: string): Promise<ReadSubmission> {
  const isUrl = URL_OF_GIT.test(source);
  const stats = isUrl ? undefined : statSync(source, { throwIfNoEntry: false });
  if (!isUrl && !stats) {
    throw new GraderError('NO_SUBMISSION', `There is no ${source}. Check the path.`);
  }
  const isGit = isRepository(source);
  if (deadline !== undefined && !isGit) {
    const message = `${source} is not a git repository. Leave out --deadline.`;
    throw new GraderError('NO_SUBMISSION', message);
  }
  if (isGit) return readRepository(source, isUrl || deadline !== undefined, deadline);
  if (stats?.isDirectory()) return { ...(await readFolder(source)), history: [] };
  if ((stats?.size ?? 0) > LIMITS.archive) {
    const message = `${source} is larger than ${LIMITS.archive / 1024 ** 2} MB. Ask for one without node_modules.`;
    throw new GraderError('BAD_ARCHIVE', message);
  }
  const read = /\.zip$/iu.test(source)
    ? readZip
    : /\.(?:tar\.gz|tgz)$/iu.test(source)
      ? readTar
      : undefined;
  if (read) return { ...(await read(source)), history: [] };
  const message = `${source} is not a folder, a .zip, a .tar.gz or a git repository.`;
  throw new GraderError('NO_SUBMISSION', message);
}

async function readRepository(
  source: string,
  byCommit: boolean,
  deadline: string | undefined,
): Promise<ReadSubmission> {
  using repository = await Repository.clone(source);
  if (byCommit) {
    const commit = await repository.last(deadline);
    return { ...(await repository.read(commit)), history: await repository.history(commit) };
  }
  const commit = await repository.last().catch(() => undefined);
  const history = commit === undefined ? [] : await repository.history(commit);
  return { ...(await readFolder(source)), history };
}

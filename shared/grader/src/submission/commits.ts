import { GraderError } from '../errors.ts';
import type { Submission } from './files.ts';
import { isRepository } from './read.ts';
import { type Commit, Repository } from './repository.ts';

/** A submission as it was at one of its commits. */
export interface AtCommit {
  readonly commit: Commit;
  readonly submission: Submission;
}

/**
 * Reads a git repository at a few of its commits, oldest first: spread evenly, and the last one always.
 *
 * @param deadline ISO 8601: the last commit before it is the last one. @param most how many to read.
 * @param own picks the commits of a history that may be read.
 * @throws GraderError `NO_SUBMISSION` when it is not a git repository, `NO_COMMIT`.
 */
export async function readCommits(
  source: string,
  deadline: string | undefined,
  most: number,
  own: (history: readonly Commit[]) => readonly Commit[],
): Promise<AtCommit[]> {
  if (!isRepository(source)) {
    const message = `${source} is not a git repository, so it has no history. Leave out --history.`;
    throw new GraderError('NO_SUBMISSION', message);
  }
  using repository = await Repository.clone(source);
  const history = await repository.history(await repository.last(deadline));
  const read: AtCommit[] = [];
  for (const commit of spread(own(history), most)) {
    read.push({ commit, submission: await repository.read(commit.id) });
  }
  return read;
}

/** At most so many of a list, in its order: spread evenly, and the last one always. */
export function spread<T>(all: readonly T[], most: number): T[] {
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, at) => {
    return all[Math.ceil(((at + 1) * all.length) / count) - 1] as T;
  });
}

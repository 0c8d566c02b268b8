import type { Files } from '../pack/toolchain.ts';
import type { Commit } from './repository.ts';

/**
 * The commits that a candidate made: a history without the pack's own first one. Its id and subject may
 * have changed, if the pack went through a template of a git host. It adds as many files and lines as
 * the pack has, and a first commit that has work in it does not.
 *
 * @param pristine all files of the pack.
 */
export function ownCommits(history: readonly Commit[], pristine: Files): readonly Commit[] {
  const [first, ...rest] = history;
  if (!first) return history;
  const { files, added, removed } = changesOf(first);
  const isPacks = removed === 0 && files === pristine.size && added === linesIn(pristine);
  return isPacks ? rest : history;
}

/** What `git log --shortstat` says of a commit: `2 files changed, 13 insertions(+), 1 deletion(-)`. */
export function changesOf({ changes }: Commit): {
  readonly files: number;
  readonly added: number;
  readonly removed: number;
} {
  const [files = 0, added = 0, removed = 0] = [/\d+(?= file)/u, /\d+(?= ins)/u, /\d+(?= del)/u].map(
    (number) => Number(number.exec(changes)?.[0] ?? 0),
  );
  return { files, added, removed };
}

/** As git counts: a last line without an end is one, and files that are not text have none. */
function linesIn(files: Files): number {
  return [...files.values()].reduce((all, bytes) => {
    if (bytes.includes(0)) return all;
    const ends = bytes.toString('latin1').split('\n').length - 1;
    return all + ends + (bytes.length === 0 || bytes.at(-1) === 0x0a ? 0 : 1);
  }, 0);
}

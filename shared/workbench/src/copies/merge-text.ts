import { diff3Merge } from 'node-diff3';

/** The bytes of a file in its three states. */
export interface ThreeWay {
  readonly mine: Uint8Array;
  /** Absent if both sides made the file, or if the old contents are not known. */
  readonly base: Uint8Array | undefined;
  readonly theirs: Uint8Array;
}

export interface MergedText {
  readonly text: string;
  /** Number of places that are marked because both changed the same lines. */
  readonly conflicts: number;
}

/** For larger files the diff, which is quadratic at worst, would take too long. */
const MAX_BYTES = 1024 * 1024;

/**
 * Merges by lines. Where both sides changed the same lines, all three versions are written between
 * markers, as `git` does with `merge.conflictStyle=diff3`. Line ends are those of `mine`: if an editor
 * turned a file to CRLF, not every line is a conflict.
 *
 * @returns Undefined if a side is not UTF-8 text, or is larger than 1 MiB.
 */
export function mergeText({ mine, base, theirs }: ThreeWay): MergedText | undefined {
  const texts = [mine, base ?? new Uint8Array(), theirs].map(decode);
  const [a, o, b] = texts;
  if (a === undefined || o === undefined || b === undefined) return undefined;
  const end = usesCrlf(a) ? '\r\n' : '\n';
  let conflicts = 0;
  const pieces = diff3Merge(linesOf(a), linesOf(withEnds(o, end)), linesOf(withEnds(b, end))).map(
    ({ ok, conflict }) => {
      if (conflict === undefined) return (ok ?? []).join('');
      conflicts += 1;
      return [
        `<<<<<<< yours${end}`,
        block(conflict.a, end),
        `||||||| the starter as it was${end}`,
        block(conflict.o, end),
        `=======${end}`,
        block(conflict.b, end),
        `>>>>>>> the starter as it is now${end}`,
      ].join('');
    },
  );
  return { text: pieces.join(''), conflicts };
}

function decode(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_BYTES || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Each line with its line end, which the last line may lack. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** A marker must be at the start of a line, even after a last line without a line end. */
function block(lines: readonly string[], end: string): string {
  const text = lines.join('');
  return text === '' || text.endsWith('\n') ? text : text + end;
}

/** True if every line ends with CRLF. */
function usesCrlf(text: string): boolean {
  return text.includes('\n') && !/(?<!\r)\n/.test(text);
}

function withEnds(text: string, end: string): string {
  return text.replaceAll(/\r?\n/g, end);
}

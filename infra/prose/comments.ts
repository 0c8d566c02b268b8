import type { Comment } from 'oxc-parser';
import type { Piece, Range } from './document.ts';

/** Directives of tools, and rules drawn with signs: not prose. */
const NOT_PROSE = /^\s*(?:@ts-|oxlint-|eslint-|#|[-=─]{3,})/;
/** A JSDoc tag with the name or type after it: `@param plan`, `@returns`. */
const TAG = /^@\w+(?:\s+\{[^}]*\})?(?:\s+[\w.$[\]]+(?=\s))?/;

/** The paragraphs of a file's comments. Line comments below one another are one paragraph. */
export function piecesOfComments(text: string, comments: readonly Comment[]): Piece[] {
  const pieces: Piece[] = [];
  let lines: Range[] = [];
  const flush = () => {
    if (lines.length > 0) pieces.push({ place: 'comment', prose: lines, code: [] });
    lines = [];
  };
  let end = -1;
  for (const comment of comments) {
    const isNext =
      comment.type === 'Line' &&
      lines.length > 0 &&
      /^\n[ \t]*$/.test(text.slice(end, comment.start));
    if (!isNext) flush();
    end = comment.end;
    if (comment.type === 'Line') {
      if (NOT_PROSE.test(comment.value)) flush();
      else lines.push([comment.start + 2, comment.end]);
      continue;
    }
    for (const line of blockLines(text, comment)) {
      const tag = TAG.exec(text.slice(...line))?.[0];
      if (tag !== undefined || line[0] === line[1]) flush();
      const start = line[0] + (tag?.length ?? 0);
      if (start < line[1]) lines.push([start, line[1]]);
    }
    flush();
  }
  flush();
  return pieces;
}

/** The lines of a block comment without their asterisks; an empty range for an empty line. */
function blockLines(text: string, { start, end }: Comment): Range[] {
  const ranges: Range[] = [];
  let at = start + 2;
  for (const line of text.slice(start + 2, end - 2).split('\n')) {
    const lead = /^[ \t]*\**[ \t]*/.exec(line)?.[0].length ?? 0;
    ranges.push([at + lead, at + Math.max(lead, line.trimEnd().length)]);
    at += line.length + 1;
  }
  // The first and the last line of a comment over several lines hold only its signs.
  while (ranges[0] && ranges[0][0] === ranges[0][1]) ranges.shift();
  return ranges;
}

import { stripVTControlCharacters } from 'node:util';

/** Lines of a diff that a person reads. */
const MOST_LINES = 24;
/** Equal lines that are shown before and after those that differ. */
const CONTEXT = 2;
const LONGEST = 160;
/** Characters of a long line that are shown before the first one that differs. */
const BEFORE = 40;

/**
 * The lines of a diff of vitest's that differ, with a few around them. Of long lines the part that
 * differs.
 */
export function readableDiff(diff: string): string[] {
  const plain = stripVTControlCharacters(diff).trim();
  // Of two texts of one line each.
  const marked = plain.replace(/^Expected: /mu, '- ').replace(/^Received: /mu, '+ ');
  const lines = narrowed(marked.split('\n'));
  // "- Expected", "+ Received" and a blank line.
  const head = lines.indexOf('') + 1;
  const body = lines.slice(head);
  const near = body.map((_, at) => {
    return body.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(differs);
  });
  const kept = body.flatMap((line, at) => {
    if (near[at]) return [line];
    return near[at - 1] || at === 0 ? ['…'] : [];
  });
  const shown = [...lines.slice(0, head), ...kept];
  const more = shown.length - MOST_LINES;
  return more > 0 ? [...shown.slice(0, MOST_LINES), `… ${more} more lines`] : shown;
}

function differs(line: string): boolean {
  return /^[-+]/u.test(line);
}

/** Cuts a long line and the one in its place to where they differ. */
function narrowed(lines: readonly string[]): string[] {
  const cut = [...lines];
  for (const [at, line] of lines.entries()) {
    const next = lines[at + 1];
    if (!line.startsWith('-') || next?.startsWith('+') !== true) continue;
    if (Math.max(line.length, next.length) <= LONGEST) continue;
    let same = 1;
    while (same < line.length && line[same] === next[same]) same += 1;
    const from = Math.max(1, same - BEFORE);
    cut[at] = part(line, from);
    cut[at + 1] = part(next, from);
  }
  return cut;
}

function part(line: string, from: number): string {
  const end = from + LONGEST;
  return `${line.slice(0, 1)} ${from > 1 ? '…' : ''}${line.slice(from, end).trimStart()}${line.length > end ? '…' : ''}`;
}

import { structuredPatch, type StructuredPatchHunk } from 'diff';
import type { Files } from '../pack/toolchain.ts';
import { html, text, type Html } from './html.ts';

/** Files and lines of the diff that the report shows, and characters of a line. */
const MOST_FILES = 60;
const MOST_LINES = 600;
const LONGEST = 300;
/** Width of a line's number. */
const DIGITS = 4;
/** Stands for lines that are left out. */
const GAP: Line = { kind: 'place', shown: '⋮' };
/** Milliseconds for one file: a hostile one may take minutes. */
const WITHIN_MS = 2_000;
const TEXT = /^[^\0]*$/u;

interface Line {
  readonly kind: 'added' | 'removed' | 'same' | 'place';
  readonly shown: string;
}

/** What a candidate changed, file by file, each folded. */
export function renderDiff(before: Files, after: Files): Html {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted().filter((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    return !(old && now && old.equals(now));
  });
  const rest = paths.length - MOST_FILES;
  return html`${paths.slice(0, MOST_FILES).map((path) => {
    return renderFile(path, before.get(path), after.get(path));
  })}
  ${rest > 0 ? html`<p>${rest} more files changed.</p>` : ''}
  ${paths.length === 0 ? html`<p>Nothing was changed.</p>` : ''}`;
}

function renderFile(path: string, before: Buffer | undefined, after: Buffer | undefined): Html {
  const what = before ? (after ? 'changed' : 'deleted') : 'new';
  const [old = '', now = ''] = [before, after].map((bytes) => bytes?.toString('utf8') ?? '');
  if (!TEXT.test(old) || !TEXT.test(now)) {
    return folded(path, what, html`<p>It is not text.</p>`);
  }
  const patch = structuredPatch('a', 'b', old, now, '', '', { timeout: WITHIN_MS });
  if (!patch) return folded(path, what, html`<p>It changed too much to compare.</p>`);
  const lines = linesOf(patch.hunks, old);
  const count = (kind: Line['kind']) => lines.filter((line) => line.kind === kind).length;
  const rest = lines.length - MOST_LINES;
  const shown = [...lines.slice(0, MOST_LINES), ...(rest > 0 ? [GAP] : [])];
  return folded(
    path,
    html`${what} <span class="added">+${count('added')}</span>
      <span class="removed">−${count('removed')}</span>`,
    html`<pre>${shown.map(renderLine)}</pre>
      ${rest > 0 ? html`<p>${rest} more lines.</p>` : ''}`,
  );
}

function folded(path: string, what: Html | string, body: Html): Html {
  return html`<details>
    <summary><code>${text(path, LONGEST)}</code> ${what}</summary>
    ${body}
  </details>`;
}

/** The lines of all hunks, with a mark wherever lines of the file are between or around them. */
function linesOf(hunks: readonly StructuredPatchHunk[], old: string): Line[] {
  const last = hunks.at(-1);
  const isCutAbove = Math.max(hunks[0]?.oldStart ?? 0, hunks[0]?.newStart ?? 0) > 1;
  const isCutBelow = last !== undefined && last.oldStart + last.oldLines <= linesIn(old);
  return [
    ...(isCutAbove ? [GAP] : []),
    ...hunks.flatMap((hunk, at) => [...(at > 0 ? [GAP] : []), ...numbered(hunk)]),
    ...(isCutBelow ? [GAP] : []),
  ];
}

/** Each line of a hunk after its two numbers: in the old file, and in the new one. */
function numbered({ oldStart, newStart, lines }: StructuredPatchHunk): Line[] {
  let [old, now] = [oldStart, newStart];
  return lines.map((line): Line => {
    const [sign = ' ', rest] = [line[0], line.slice(1)];
    // A remark about the end of the file.
    if (sign === '\\') return { kind: 'same', shown: line };
    const numbers = [sign === '+' ? '' : old, sign === '-' ? '' : now];
    const columns = numbers.map((number) => String(number).padStart(DIGITS)).join(' ');
    if (sign !== '+') old += 1;
    if (sign !== '-') now += 1;
    const kind = sign === '+' ? 'added' : sign === '-' ? 'removed' : 'same';
    return { kind, shown: `${columns} ${sign} ${rest}` };
  });
}

function linesIn(file: string): number {
  if (file === '') return 0;
  return file.split('\n').length - (file.endsWith('\n') ? 1 : 0);
}

function renderLine({ kind, shown }: Line): Html {
  return html`<span class="${kind}">${text(shown, LONGEST)}</span>${'\n'}`;
}

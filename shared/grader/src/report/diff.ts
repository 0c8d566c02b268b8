import { structuredPatch, type StructuredPatchHunk } from 'diff';
import type { Files } from '../pack/toolchain.ts';
import { html, text, type Html } from './html.ts';

/** Files and lines of the diff that the report shows, and characters of a line. */
const MOST_FILES = 60;
const MOST_LINES = 600;
const LONGEST = 300;
/** Width of a line's number. */
const DIGITS = 4;
/** Stands for the lines between two hunks. */
const GAP = '⋮';
/** Milliseconds for one file: a hostile one may take minutes. */
const WITHIN_MS = 2_000;
const TEXT = /^[^\0]*$/u;

/** What a candidate changed, file by file. */
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
  const [old, now] = [before, after].map((bytes) => bytes?.toString('utf8') ?? '');
  const head = html`<summary><code>${text(path, LONGEST)}</code> ${what}</summary>`;
  if (!TEXT.test(old ?? '') || !TEXT.test(now ?? '')) {
    return html`<details>
      ${head}
      <p>It is not text.</p>
    </details>`;
  }
  const patch = structuredPatch('a', 'b', old ?? '', now ?? '', '', '', { timeout: WITHIN_MS });
  const lines = patch?.hunks.flatMap((hunk, at) => [...(at > 0 ? [GAP] : []), ...numbered(hunk)]);
  if (!lines)
    return html`<details>
      ${head}
      <p>It changed too much to compare.</p>
    </details>`;
  const rest = lines.length - MOST_LINES;
  // Nobody reads what npm wrote.
  const open = path.endsWith('package-lock.json') ? '' : html`open`;
  return html`<details ${open}>
    ${head}
    <pre>${lines.slice(0, MOST_LINES).map(renderLine)}</pre>
    ${rest > 0 ? html`<p>${rest} more lines.</p>` : ''}
  </details>`;
}

/** Each line of a hunk after its number: of the new file, or of the old one if the line was removed. */
function numbered({ oldStart, newStart, lines }: StructuredPatchHunk): string[] {
  let [old, now] = [oldStart, newStart];
  return lines.map((line) => {
    const number = line.startsWith('-') ? old : now;
    // A remark about the end of the file.
    if (line.startsWith('\\')) return line;
    if (!line.startsWith('+')) old += 1;
    if (!line.startsWith('-')) now += 1;
    return `${line[0]}${String(number).padStart(DIGITS)}  ${line.slice(1)}`;
  });
}

function renderLine(line: string): Html {
  const kind = { '+': 'added', '-': 'removed', [GAP]: 'place' }[line[0] ?? ''] ?? 'same';
  return html`<span class="${kind}">${text(line, LONGEST)}</span>${'\n'}`;
}

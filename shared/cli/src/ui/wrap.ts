import wrapAnsi from 'wrap-ansi';

/** Wraps text to a width, each line after the first indented as far as `hang`. */
export function hanging(first: string, text: string, width: number, hang = first.length): string {
  const lines = wrapAnsi(text, Math.max(20, width - hang), { hard: false, trim: true }).split('\n');
  return lines.map((line, at) => (at === 0 ? first : ' '.repeat(hang)) + line).join('\n');
}

/** One line of at most `width` columns; a longer one ends with `…`. */
export function cut(text: string, width: number): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length <= width ? line : `${line.slice(0, Math.max(1, width - 1)).trimEnd()}…`;
}

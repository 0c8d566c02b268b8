import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Colours for a terminal. Plain text elsewhere, and if NO_COLOR is set. */
export function paint(
  format: Format,
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(format, text, { stream, validateStream: true });
}

/** Columns to wrap prose at: the terminal's, but at least 40 and at most 110. */
export function columns(stream: NodeJS.WriteStream = process.stdout): number {
  return Math.max(40, Math.min(stream.columns || 100, 110));
}

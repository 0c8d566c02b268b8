/** A program and its arguments, ready to be spawned. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const PLAIN = /^[\w@%+:,./\s-][\w@%+=:,./\s-]*$/u;

/**
 * Reads a package.json script. A plain command is run without a shell, so that signals reach the
 * program itself; anything with quotes, `&&`, `$` or a leading `NAME=value` goes to `sh -c`.
 */
export function parseCommand(script: string): Command {
  const [file, ...args] = script.trim().split(/\s+/u);
  if (file === undefined || file.includes('=') || !PLAIN.test(script)) {
    return { file: 'sh', args: ['-c', script] };
  }
  return { file, args };
}

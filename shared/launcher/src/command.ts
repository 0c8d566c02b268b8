/** A program and its arguments, ready to be started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const PLAIN = /^[\w@%+:,./\s-][\w@%+=:,./\s-]*$/u;

/**
 * Reads a package.json script. A plain command runs without a shell, so signals reach the program
 * itself. A script with quotes, `&&`, `$` or a leading `NAME=value` goes to `sh -c`.
 *
 * @param more put behind the script's own arguments, each as one word.
 */
export function parseCommand(script: string, more: readonly string[] = []): Command {
  const [file, ...args] = script.trim().split(/\s+/u);
  if (file !== undefined && !file.includes('=') && PLAIN.test(script)) {
    return { file, args: [...args, ...more] };
  }
  if (more.length === 0) return { file: 'sh', args: ['-c', script] };
  return { file: 'sh', args: ['-c', `${script} "$@"`, 'sh', ...more] };
}

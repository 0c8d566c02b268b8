import { WorkError } from '@backend-labs/workbench';
import { StackError } from '@backend-labs/stack';
import { clean } from './ui/untrusted.ts';

/** Exit codes of every command. */
export const EXIT = { green: 0, red: 1, usage: 2, machine: 3, interrupted: 130 } as const;

/** The command line is wrong. The message is one line that names the fix. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** The machine cannot do it. The message is one line with the fix. Exit code 3. */
export class MachineError extends Error {
  override readonly name = 'MachineError';
  readonly code = 'MACHINE';
}

interface ErrorReport {
  readonly line: string;
  readonly exit: number;
  /** A bug of this command: its stack goes to the crash log. */
  readonly unexpected?: boolean;
}

/** The line to print for an error, and the exit code. */
export function told(error: unknown): ErrorReport {
  const report = reportOn(error);
  // It may quote a learner's package.json.
  return { ...report, line: clean(report.line) };
}

function reportOn(error: unknown): ErrorReport {
  if (!(error instanceof Error))
    return { line: String(error), exit: EXIT.machine, unexpected: true };
  const { name, message } = error;
  const { code, fix } = error as { code?: unknown; fix?: unknown };
  const withFix = typeof fix === 'string' ? `${sentence(message)} ${sentence(fix)}` : message;
  if (name === 'GraderError') return { line: message, exit: graderExit(code) };
  if (name === 'ClassError') return { line: message, exit: classExit(code) };
  if (name === 'MutationError') return { line: message, exit: EXIT.red };
  if (name === 'Interrupted') return { line: message, exit: EXIT.interrupted };
  if (name === 'UsageError' || name === 'CatalogError' || name === 'VariantError')
    return { line: message, exit: EXIT.usage };
  if (error instanceof WorkError && USAGE.has(error.code))
    return { line: withFix, exit: EXIT.usage };
  if (error instanceof MachineError || error instanceof StackError || error instanceof WorkError) {
    return { line: withFix, exit: EXIT.machine };
  }
  const systemFix = typeof code === 'string' ? SYSTEM_FIXES[code] : undefined;
  if (systemFix) return { line: `${message}: ${systemFix}`, exit: EXIT.machine };
  return { line: message, exit: EXIT.machine, unexpected: true };
}

/** Without these the machine is at fault, otherwise the command line. */
const NEEDED: ReadonlySet<unknown> = new Set(['NO_GIT', 'NO_SANDBOX', 'BAD_KEY', 'NO_PACKAGES']);

function graderExit(code: unknown): number {
  return NEEDED.has(code) ? EXIT.machine : EXIT.usage;
}

function classExit(code: unknown): number {
  return code === 'NO_QUEUE' || code === 'NO_GIT' ? EXIT.machine : EXIT.usage;
}

/** Turns a message of the stack, which begins in lower case and lacks a full stop, into a sentence. */
export function sentence(text: string): string {
  const end = /[.!?)`]$/.test(text) ? '' : '.';
  // A command is typed as it stands: `npm`, and not `Npm`.
  const first = COMMAND.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${end}`;
}

const COMMAND = /^(?:npm|npx|pnpm|labs|docker|git|sudo|chmod|export|unset|ss)\b/;

/** Errors about files that come from a wrong command line. */
const USAGE: ReadonlySet<string> = new Set(['ATTEMPT_UNKNOWN', 'COPY_ABSENT', 'WORK_MISPLACED']);

const SYSTEM_FIXES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space and run it again. None of your files was lost.',
  EDQUOT:
    'your disk quota is used up. Free some space and run it again. None of your files was lost.',
  EROFS: 'the disk is read-only. Set LABS_STATE and LABS_WORK to writable folders.',
  EACCES: 'permission denied. Set LABS_STATE and LABS_WORK to writable folders.',
  EMFILE: 'too many open files. Raise the limit (`ulimit -n 4096`) and run it again.',
  ENOMEM: 'out of memory. Close other programs and run it again.',
};

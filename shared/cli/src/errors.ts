import { WorkError } from '@backend-labs/workbench';
import { StackError } from '@backend-labs/stack';

/** Exit codes of every command. */
export const EXIT = { green: 0, red: 1, usage: 2, machine: 3, interrupted: 130 } as const;

/** The command was given wrongly: one line that names the fix, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** The machine can't do it: one line with the fix, exit code 3. */
export class MachineError extends Error {
  override readonly name = 'MachineError';
  readonly code = 'MACHINE';
}

interface Told {
  readonly line: string;
  readonly exit: number;
  /** A fault that we did not foresee: its stack goes to the crash log. */
  readonly unexpected?: boolean;
}

/** What to say of an error, and the exit code. */
export function told(error: unknown): Told {
  if (!(error instanceof Error))
    return { line: String(error), exit: EXIT.machine, unexpected: true };
  const { name, message } = error;
  const { code, fix } = error as { code?: unknown; fix?: unknown };
  const withFix = typeof fix === 'string' ? `${sentence(message)} ${sentence(fix)}` : message;
  if (name === 'Interrupted') return { line: message, exit: EXIT.interrupted };
  if (name === 'UsageError' || name === 'CatalogError') return { line: message, exit: EXIT.usage };
  if (error instanceof WorkError && USAGE.has(error.code))
    return { line: withFix, exit: EXIT.usage };
  if (error instanceof MachineError || error instanceof StackError || error instanceof WorkError) {
    return { line: withFix, exit: EXIT.machine };
  }
  const cure = typeof code === 'string' ? SYSTEM_CURES[code] : undefined;
  if (cure) return { line: `${message}: ${cure}`, exit: EXIT.machine };
  return { line: message, exit: EXIT.machine, unexpected: true };
}

/** The stack words its errors to be put together; alone they are sentences. */
export function sentence(text: string): string {
  const end = /[.!?)`]$/.test(text) ? '' : '.';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`;
}

/** Faults of the learner's files that are in the words of the command. */
const USAGE: ReadonlySet<string> = new Set(['ATTEMPT_UNKNOWN', 'COPY_ABSENT', 'WORK_MISPLACED']);

const SYSTEM_CURES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space and run it again; nothing of yours was lost.',
  EDQUOT:
    'your disk quota is used up. Free some space and run it again; nothing of yours was lost.',
  EROFS: 'the disk is read-only. Set LABS_STATE and LABS_WORK to folders that can be written.',
  EACCES: 'permission denied. Set LABS_STATE and LABS_WORK to folders that you may write.',
  EMFILE: 'too many open files. Raise the limit (`ulimit -n 4096`) and run it again.',
  ENOMEM: 'out of memory. Close something and run it again.',
};

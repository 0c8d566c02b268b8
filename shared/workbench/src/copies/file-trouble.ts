import { DiskFullError, WorkBlockedError, WorkReadOnlyError } from './errors.ts';

/** The `code` of a system error (`ENOENT`, …), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Translates a system error that occurred while writing `path`.
 *
 * @returns A WorkError with the system error as its cause. An error that a person cannot fix is
 *   returned unchanged.
 */
export function fileTrouble(error: unknown, path: string): unknown {
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskFullError(path, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new WorkReadOnlyError(path, { cause: error });
    case 'EEXIST':
    case 'EISDIR':
    case 'ENOTDIR':
    case 'ENOTEMPTY':
      return new WorkBlockedError(path, { cause: error });
    case 'ENOENT':
      // A recursive mkdir reports this in a place where nothing can be created.
      return isMkdir(error) ? new WorkReadOnlyError(path, { cause: error }) : error;
    default:
      return error;
  }
}

function isMkdir(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'mkdir';
}

/** Runs `action`, which writes `path`, and translates its system errors with `fileTrouble`. */
export async function writing<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fileTrouble(error, path);
  }
}

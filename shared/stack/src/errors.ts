import type { ServerName } from './types.ts';

/** Why the stack could not do its part. It is never the learner's fault. */
export type StackErrorCode =
  | 'SERVER_UNKNOWN'
  | 'SERVER_ABSENT'
  | 'SERVER_BROKEN'
  | 'STATE_UNWRITABLE'
  | 'LOCK_TIMEOUT'
  | 'TEMPLATE_FAILED'
  | 'LEASE_FAILED';

/** Base of the errors that the stack throws on purpose: one line says what happened, one how to fix it. */
export class StackError extends Error {
  override readonly name: string = 'StackError';
  readonly code: StackErrorCode;
  /** Evidence for a run: the program under test is not at fault. */
  readonly blame = 'machine';
  /** The command or change that fixes it, on one line. */
  readonly fix: string;

  constructor(code: StackErrorCode, message: string, fix: string, cause?: unknown) {
    super(oneLine(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.fix = oneLine(fix);
  }
}

/**
 * A server cannot be used. `SERVER_ABSENT`: this machine cannot provide it (tests are NOT RUN).
 * `SERVER_BROKEN`: it exists and does not work (an error, never a failed answer).
 */
export class ServerUnavailable extends StackError {
  override readonly name: string = 'ServerUnavailable';
  declare readonly code: 'SERVER_ABSENT' | 'SERVER_BROKEN';
  readonly server: ServerName;

  constructor(
    code: 'SERVER_ABSENT' | 'SERVER_BROKEN',
    server: ServerName,
    message: string,
    fix: string,
    cause?: unknown,
  ) {
    super(code, message, fix, cause);
    this.server = server;
  }
}

/** The state folder cannot be written: a full or read-only disk, or another user's folder. */
export class StateUnwritable extends StackError {
  override readonly name: string = 'StateUnwritable';

  constructor(path: string, why: string, cause?: unknown) {
    super(
      'STATE_UNWRITABLE',
      `cannot write ${path}: ${why}`,
      'free some space there, or choose a folder that you can write: `export LABS_STATE=$HOME/.backend-labs`',
      cause,
    );
  }
}

/**
 * What one check of a server found wrong. The caller wraps it in `ServerUnavailable`. `UNPROTECTED`: it
 * answers without a login.
 */
export class ServerTrouble extends Error {
  override readonly name = 'ServerTrouble';
  readonly code: 'ADDRESS_MALFORMED' | 'CHECK_FAILED' | 'UNPROTECTED';

  constructor(code: ServerTrouble['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function isUnprotected(error: unknown): boolean {
  return error instanceof ServerTrouble && error.code === 'UNPROTECTED';
}

const DISK_TROUBLE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** Turns a file system error into `StateUnwritable`; returns any other error unchanged. */
export function asStateError(path: string, error: unknown): unknown {
  const why = DISK_TROUBLE[errorCode(error) ?? ''];
  return why === undefined ? error : new StateUnwritable(path, why, error);
}

/** The `code` of a Node or driver error, e.g. `ENOENT` or `3D000`. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** One readable line about anything that was thrown; joins the parts of an AggregateError. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(reason))].join('; ');
  }
  if (error instanceof Error) {
    const own = oneLine(error.message || (errorCode(error) ?? error.name));
    // Node's fetch says no more than this, and has the reason in the cause.
    return own === 'fetch failed' && error.cause !== undefined ? reason(error.cause) : own;
  }
  return oneLine(String(error));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim();
}

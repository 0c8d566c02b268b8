/** What of an error is safe to log: never its message or its details, which may quote a customer. */
export interface SafeError {
  readonly type: string;
  /** The SQLSTATE of a database error, or Node's code. */
  readonly code?: string;
  /** The frames alone. */
  readonly stack?: string | undefined;
}

export function safeError(error: unknown): SafeError {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.constructor.name,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /u.test(line))
      .join('\n'),
  };
}

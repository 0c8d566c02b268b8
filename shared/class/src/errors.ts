export type ClassErrorCode =
  /** The folder is not a class, or one is there already. */
  | 'NO_CLASS'
  | 'CLASS_EXISTS'
  /** A file of the class is wrong: `file:line: field: what is wrong`. */
  | 'CLASS_INVALID'
  /** No such student, assignment or result. */
  | 'NO_GIT'
  | 'UNKNOWN'
  | 'BAD_VALUE'
  /** The queue cannot be reached or started. */
  | 'NO_QUEUE'
  /** Another command works on this class. */
  | 'BUSY';

/** The message is one line that says what to do. */
export class ClassError extends Error {
  override readonly name = 'ClassError';
  readonly code: ClassErrorCode;

  constructor(code: ClassErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

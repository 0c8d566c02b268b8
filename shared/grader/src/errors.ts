export type GraderErrorCode =
  | 'NOT_EMPTY'
  | 'NO_GIT'
  | 'NO_SANDBOX'
  | 'NO_PACK'
  | 'PACK_CHANGED'
  | 'NO_SUBMISSION'
  | 'BAD_ARCHIVE'
  | 'NO_COMMIT'
  | 'NO_RESULT'
  | 'BAD_KEY'
  | 'BAD_WEIGHT'
  | 'BAD_PACKAGES'
  | 'NO_PACKAGES';

/** The message is one line that says what to do. */
export class GraderError extends Error {
  override readonly name = 'GraderError';
  readonly code: GraderErrorCode;

  constructor(code: GraderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

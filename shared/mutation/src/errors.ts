export type MutationErrorCode =
  /** The solution itself does not pass: whatever a mutant fails says nothing. */
  'SOLUTION_RED';

/** Why mutants cannot be judged. One line, with the fix. */
export class MutationError extends Error {
  override readonly name = 'MutationError';
  readonly code: MutationErrorCode;

  constructor(code: MutationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

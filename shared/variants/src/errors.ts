export type VariantErrorCode =
  | 'NO_VARIANTS'
  | 'SPEC_INVALID'
  | 'CHOICE_REFUSED'
  | 'FACT_MISSING'
  | 'TEXT_MISSING'
  | 'TERM_CLASH';

/** Why a lab cannot be varied. The message names file and field, or file and hunk, and the fix. */
export class VariantError extends Error {
  override readonly name = 'VariantError';
  readonly code: VariantErrorCode;

  constructor(code: VariantErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type CatalogErrorCode =
  | 'MANIFEST_UNREADABLE'
  | 'MANIFEST_INVALID'
  | 'TICKET_INVALID'
  | 'PATCH_REFUSED'
  | 'UNKNOWN_LAB'
  | 'UNKNOWN_TASK'
  | 'UNKNOWN_OVERLAY';

/** What is wrong with a lab's files, or with the name that was asked for. One line, with the fix. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly code: CatalogErrorCode;

  constructor(code: CatalogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What PATCH may change. `undefined` leaves a value as it is. */
export interface InvoiceChanges {
  readonly note: string | undefined;
  readonly dueOn: string | undefined;
}

/** Reads `note` and `dueOn`, and ignores the rest. `undefined` if one of the two is malformed. */
export function readChanges(body: unknown): InvoiceChanges | undefined {
  const { note, dueOn } = (body ?? {}) as { note?: unknown; dueOn?: unknown };
  if (note !== undefined && typeof note !== 'string') return undefined;
  if (dueOn !== undefined && !isDate(dueOn)) return undefined;
  return { note, dueOn };
}

function isDate(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/u.test(value);
}

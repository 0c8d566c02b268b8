/** A file was stored. Its size is in the event, or the storage knows it. */
export type Stored = Common & { type: 'file.stored' } & ({ bytes: number } | { object: string });

/** From here on the account's uploads are billed under another plan. */
export type PlanChanged = Common & { type: 'plan.changed'; plan: string };

export type AccountEvent = Stored | PlanChanged;

interface Common {
  /** Of this event and no other. */
  id: string;
  accountId: string;
  /** When it happened, ISO 8601. */
  at: string;
}

/** The value is not an event, for any reader and at any time. */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';
}

/** Throws `InvalidEvent`. */
export function parseEvent(value: unknown): AccountEvent {
  if (typeof value !== 'object' || value === null) throw new InvalidEvent('it is not an object');
  const { id, accountId, at, type, bytes, object, plan } = value as Record<string, unknown>;
  const common = { id: text('id', id), accountId: text('accountId', accountId), at: time(at) };
  switch (type) {
    case 'plan.changed':
      return { ...common, type, plan: text('plan', plan) };
    case 'file.stored':
      return bytes === undefined
        ? { ...common, type, object: text('object', object) }
        : { ...common, type, bytes: size(bytes) };
    default:
      throw new InvalidEvent(`its type is ${String(type)}`);
  }
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new InvalidEvent(`${name} must be a text`);
  return value;
}

function time(value: unknown): string {
  const at = new Date(text('at', value));
  if (Number.isNaN(at.getTime())) throw new InvalidEvent('at must be a time');
  return at.toISOString();
}

function size(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) {
    throw new InvalidEvent('bytes must be a whole number');
  }
  return Number(value);
}

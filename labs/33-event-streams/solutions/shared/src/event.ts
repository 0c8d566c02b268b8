/** A file was stored. Its size is in the event, or the storage knows it. */
export type Stored = Common & { type: 'file.stored' } & ({ bytes: number } | { object: string });

/** From here on the account's uploads are billed under another plan. */
export type PlanChanged = Common & { type: 'plan.changed'; plan: string };

/** An event as the projector applies it, whichever version it came in. */
export type AccountEvent = Stored | PlanChanged;

interface Common {
  /** Of this event and no other. */
  id: string;
  accountId: string;
  /** When it happened, ISO 8601. */
  at: string;
}

const LONGEST = 200;
const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1_000, MB: 1_000_000 };

/** The value is not an event, for any reader and at any time. */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';
}

/** The event in the value of a record; throws as `parseEvent` does. */
export function readEvent(value: Buffer | null): AccountEvent | undefined {
  let json: unknown;
  try {
    json = JSON.parse(String(value));
  } catch (cause) {
    throw new InvalidEvent('it is not JSON', { cause });
  }
  return parseEvent(json);
}

/** `undefined` for an event of a type that is not ours. Throws `InvalidEvent`. */
export function parseEvent(value: unknown): AccountEvent | undefined {
  const fields = record(value);
  const common = {
    id: text(fields, 'id'),
    accountId: text(fields, 'accountId'),
    at: time(fields, 'at'),
  };
  switch (text(fields, 'type')) {
    case 'plan.changed':
      version(fields, [1]);
      return { ...common, type: 'plan.changed', plan: text(fields, 'plan') };
    case 'file.stored':
      return { ...common, type: 'file.stored', ...size(fields) };
    default:
      return undefined;
  }
}

/** What an event of either version says of its size. */
function size(fields: Fields): { bytes: number } | { object: string } {
  const isSecond = version(fields, [1, 2]) === 2;
  if (isSecond && fields['size'] !== undefined) {
    const { value, unit } = record(fields['size']);
    const factor = typeof unit === 'string' && Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (factor === undefined) throw new InvalidEvent('size.unit must be B, kB or MB');
    return { bytes: wholeNumber(wholeNumber(value) * factor) };
  }
  if (isSecond || fields['bytes'] === undefined) return { object: text(fields, 'object') };
  return { bytes: wholeNumber(fields['bytes']) };
}

/** A version that came later may mean anything by the same names. */
function version({ version = 1 }: Fields, known: readonly number[]): number {
  const found = known.find((each) => each === version);
  if (found === undefined) throw new InvalidEvent(`its version is ${JSON.stringify(version)}`);
  return found;
}

interface Fields {
  readonly [name: string]: unknown;
}

function record(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidEvent('it, or its size, is not an object');
  }
  return value as Fields;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new InvalidEvent(`${name} must be a text`);
  // An index entry has a limit, and a sender has none.
  if (value.length > LONGEST) throw new InvalidEvent(`${name} is longer than ${LONGEST}`);
  // Postgres keeps no NUL, and half a surrogate pair has no UTF-8, in a row as in a URL.
  if (value.includes('\0') || !value.isWellFormed()) {
    throw new InvalidEvent(`${name} has characters that nobody can keep`);
  }
  return value;
}

function time(fields: Fields, name: string): string {
  const at = new Date(text(fields, name));
  if (Number.isNaN(at.getTime())) throw new InvalidEvent(`${name} must be a time`);
  const iso = at.toISOString();
  // Years below 0 and beyond 9999 are written with a sign and two digits more.
  if (!/^(?!0000)\d{4}-/u.test(iso))
    throw new InvalidEvent(`${name} must be in the years 1 to 9999`);
  return iso;
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) {
    throw new InvalidEvent('its size is not a whole number of bytes');
  }
  return Number(value);
}

import type { Operation } from './document.ts';

interface Ending {
  readonly headers: Readonly<Record<string, string>>;
  readonly ends: Date | undefined;
}

/** What the document says about the end of an operation. Throws if it makes no sense. */
export function ending(operation: Operation): Ending {
  if (operation['deprecated'] !== true) return { headers: {}, ends: undefined };
  const since = instant(operation['x-deprecated-at']);
  const end = operation['x-sunset-at'];
  const ends = end === undefined ? undefined : instant(end);
  if (ends && ends < since) throw new Error('x-sunset-at is before x-deprecated-at');
  return {
    headers: {
      // A date of Structured Fields (RFC 9745) and an HTTP date (RFC 8594).
      deprecation: `@${since.getTime() / 1000}`,
      ...(ends && { sunset: ends.toUTCString() }),
    },
    ends,
  };
}

function instant(value: unknown): Date {
  const date = new Date(String(value));
  if (Number.isNaN(date.getTime())) throw new Error(`not an instant: ${String(value)}`);
  return date;
}

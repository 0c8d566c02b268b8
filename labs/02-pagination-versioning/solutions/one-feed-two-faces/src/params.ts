import type { Request } from 'express';
import { InvalidParameter } from './errors.ts';

/** The parameters that all lists have. Others are ignored. */
export interface Asked {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly counted: boolean;
}

export function optional(req: Pick<Request, 'query'>, name: string): string | undefined {
  const value = req.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidParameter(`${name} is there more than once`);
}

/** One of some values, when it is there. */
export function choice(
  req: Pick<Request, 'query'>,
  name: string,
  values: readonly string[],
): string | undefined {
  const value = optional(req, name);
  if (value === undefined || values.includes(value)) return value;
  throw new InvalidParameter(`${name} is none of ${values.join(', ')}`);
}

export function askedOf(req: Pick<Request, 'query'>): Asked {
  const limit = optional(req, 'limit') ?? '50';
  if (!/^([1-9]\d{0,2}|1000)$/.test(limit)) {
    throw new InvalidParameter('limit is not a whole number from 1 to 1000');
  }
  return {
    limit: Number(limit),
    cursor: optional(req, 'cursor'),
    counted: choice(req, 'count', ['estimate']) !== undefined,
  };
}

// Years that everybody writes with four digits.
const EARLIEST = new Date('0001-01-01T00:00:00Z');
const LATEST = new Date('+010000-01-01T00:00:00Z');

/** RFC 3339, with a zone, and a day that the calendar has. */
export function isInstant(value: unknown): value is string {
  const [, year, month, day] =
    /^((?!0000)\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-5]):\d\d)$/.exec(
      String(value),
    ) ?? [];
  const instant = new Date(String(value));
  if (year === undefined || !(instant >= EARLIEST && instant < LATEST)) return false;
  return (
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  );
}

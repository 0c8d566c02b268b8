import type { Request } from 'express';
import { Problem } from './problems.ts';

const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 50;

/** A query parameter, when it is there. */
export function optional(req: Request, name: string): string | undefined {
  const value = req.query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new Problem('invalid-parameter', `${name} may be given once.`);
}

/** Events of a page: 1 to 1,000, 50 unless asked for. */
export function limitOf(req: Request): number {
  const value = optional(req, 'limit') ?? String(DEFAULT_LIMIT);
  const limit = Number(value);
  if (!/^\d+$/.test(value) || limit < 1 || limit > MAX_LIMIT) {
    throw new Problem('invalid-parameter', `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return limit;
}

/** An event type out of those that a version of the API knows. */
export function typeOf(req: Request, known: readonly string[]): string | undefined {
  const type = optional(req, 'type');
  if (type === undefined || known.includes(type)) return type;
  throw new Problem('invalid-parameter', `type must be one of ${known.join(', ')}.`);
}

export function sinceOf(req: Request): string | undefined {
  const since = optional(req, 'since');
  if (since === undefined || isInstant(since)) return since;
  throw new Problem('invalid-parameter', 'since must be an instant such as 2026-02-01T00:00:00Z.');
}

/** Whether the sender wants to know about how many events there are. */
export function wantsCount(req: Request): boolean {
  const count = optional(req, 'count');
  if (count === undefined || count === 'estimate') return count !== undefined;
  throw new Problem('invalid-parameter', 'count can only be estimate.');
}

/** An instant with its zone, RFC 3339. */
export function isInstant(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [, day] =
    /^((?!0000)\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-5]):\d{2})$/.exec(
      value,
    ) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(value))) return false;
  const year = new Date(value).getUTCFullYear();
  // Postgres has no year 0: it calls that one 1 BC.
  if (year < 1) return false;
  // An answer could not show it: instants have years of four digits.
  if (year > 9999) return false;
  // A Date takes the 30th of February for the 2nd of March; Postgres does not.
  return new Date(day).toISOString().startsWith(day);
}

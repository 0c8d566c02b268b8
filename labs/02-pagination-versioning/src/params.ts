import type { Request } from 'express';
import { BadRequest } from './errors.ts';

/** A query parameter, when it is there. */
export function optional(req: Request, name: string): string | undefined {
  const value = req.query[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new BadRequest(`${name} may be given once`);
  return value;
}

/** Events of a page, 50 unless asked for. */
export function limitOf(req: Request): number {
  return Number(req.query['limit'] ?? 50);
}

/** An instant with its zone, `2026-02-01T00:00:00Z`. */
export function asInstant(value: string): string {
  if (!/T.*(Z|[+-]\d{2}:\d{2})$/.test(value) || Number.isNaN(Date.parse(value))) {
    throw new BadRequest('since must be an instant such as 2026-02-01T00:00:00Z');
  }
  return value;
}

import { BadRequest } from './errors.ts';

const DEFAULT = 20;
const MOST = 50;

/** The parameter `limit` as a number. Throws `BadRequest` unless it is left out or valid. */
export function readLimit(value: unknown): number {
  if (value === undefined) return DEFAULT;
  const limit = typeof value === 'string' && /^\d+$/u.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MOST) throw new BadRequest(`limit must be from 1 to ${MOST}`);
  return limit;
}

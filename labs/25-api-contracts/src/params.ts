import type { Request } from 'express';
import { BadRequest } from './errors.ts';
import { STATUSES } from './parcel.ts';

/** The parcel's id in the path. */
export function idOf(req: Request): string {
  const { id } = req.params;
  if (typeof id !== 'string' || !/^[1-9]\d{0,15}$/.test(id)) throw new BadRequest('id is wrong');
  return id;
}

/** Parcels of a page, 20 unless the client asks for another number. */
export function limitOf(req: Request): number {
  const limit = Number(req.query['limit'] ?? 20);
  if (!(limit >= 1)) throw new BadRequest('limit is wrong');
  return Math.min(limit, 100);
}

/** The status to look for, if there is one. */
export function statusOf(req: Request): string | undefined {
  const { status } = req.query;
  if (status === undefined) return undefined;
  const known = STATUSES.find((each) => each === status);
  if (!known) throw new BadRequest('status is wrong');
  return known;
}

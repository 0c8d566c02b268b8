import type { Request } from 'express';
import { BadRequest } from './errors.ts';
import { isStatus, STATUSES, type Status } from './order.ts';

/** The tenant that the gateway put on the request, after it had checked the session. */
export function tenantOf(req: Request): number {
  const tenant = Number(req.get('x-tenant-id'));
  if (!Number.isInteger(tenant) || tenant < 1) {
    throw new BadRequest('the header X-Tenant-Id must be a tenant number');
  }
  return tenant;
}

/** A query parameter that must be there, once. */
export function required(req: Request, name: string): string {
  const value = req.query[name];
  if (typeof value !== 'string' || value === '') {
    throw new BadRequest(`the query parameter ${name} is required`);
  }
  return value;
}

/** A query parameter that may be left out. */
export function optional(req: Request, name: string): string | undefined {
  return req.query[name] === undefined ? undefined : required(req, name);
}

export function asStatus(value: string): Status {
  if (!isStatus(value)) throw new BadRequest(`status must be one of ${STATUSES.join(', ')}`);
  return value;
}

/** Rows of a page: 1 to 100, 50 unless asked for. */
export function limitOf(req: Request): number {
  const limit = Number(req.query['limit'] ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    throw new BadRequest('limit must be a number from 1 to 100');
  }
  return limit;
}

/** A calendar day, `2025-10-26`. */
export function asDay(value: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : Number.NaN;
  // 2025-02-30 parses, as the 2nd of March.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(value)) {
    throw new BadRequest('day must be a date such as 2025-10-26');
  }
  return value;
}

import type { Asked } from './billing.ts';
import type { Role } from './people.ts';

/** A route that needs a scope and a role. `ask` is a request to it for a tenant and an invoice. */
export interface Route {
  readonly name: string;
  readonly scope: string;
  readonly role: Role;
  readonly ask: (tenant: number, invoice: number) => Asked;
}

const invoice = (id: number): string => `/v1/invoices/${id}`;

export const LIST: Route = {
  name: 'GET /v1/invoices',
  scope: 'invoices:read',
  role: 'viewer',
  ask: () => ({ path: '/v1/invoices' }),
};

export const GET: Route = {
  name: 'GET /v1/invoices/:id',
  scope: 'invoices:read',
  role: 'viewer',
  ask: (_tenant, id) => ({ path: invoice(id) }),
};

export const PATCH: Route = {
  name: 'PATCH /v1/invoices/:id',
  scope: 'invoices:write',
  role: 'accountant',
  ask: (_tenant, id) => ({ method: 'PATCH', path: invoice(id), body: { note: 'seen' } }),
};

export const REFUND: Route = {
  name: 'POST /v1/invoices/:id/refund',
  scope: 'invoices:refund',
  role: 'admin',
  ask: (_tenant, id) => ({ method: 'POST', path: `${invoice(id)}/refund` }),
};

export const USAGE: Route = {
  name: 'GET /v1/tenants/:id/usage',
  scope: 'usage:read',
  role: 'admin',
  ask: (tenant) => ({ path: `/v1/tenants/${tenant}/usage` }),
};

export const ROUTES: readonly Route[] = [LIST, GET, PATCH, REFUND, USAGE];

/** Statuses of a request that was let through: a refund of an invoice that is not paid is one too. */
export const LET_THROUGH = [200, 201, 409];

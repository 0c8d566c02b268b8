import type { Draw } from '@backend-labs/testkit';

export type Role = 'viewer' | 'accountant' | 'admin';

/** A user as one of the members of a tenant. */
export interface Person {
  readonly id: string;
  readonly tenant: number;
  readonly role: Role;
}

const TENANTS = 8;
const NAMES: Readonly<Record<Role, readonly [string, ...string[]]>> = {
  admin: ['ada', 'ali'],
  accountant: ['bea', 'bob'],
  viewer: ['vic', 'val'],
};

export const ROLES = ['viewer', 'accountant', 'admin'] as const;

export const allTenants: readonly number[] = Array.from(
  { length: TENANTS },
  (_, index) => index + 1,
);

export function drawTenant(draw: Draw): number {
  return draw.int(1, TENANTS);
}

/** Somebody with that role, in one tenant only. */
export function member(draw: Draw, role: Role, tenant: number = drawTenant(draw)): Person {
  return { id: `${draw.pick(NAMES[role])}-${tenant}`, tenant, role };
}

/** One user with two tenants: an admin `home`, and a viewer `away`. */
export function commuter(home: number): { readonly home: Person; readonly away: Person } {
  const id = `gus-${home}`;
  return {
    home: { id, tenant: home, role: 'admin' },
    away: { id, tenant: (home % TENANTS) + 1, role: 'viewer' },
  };
}

/** The seeded invoices of a tenant that are paid, as ids. */
export function paidInvoices(tenant: number): number[] {
  return invoices(tenant).filter((id) => (id - 1000) % 5 !== 0);
}

/** The seeded invoices of a tenant, as ids. */
export function invoices(tenant: number): number[] {
  return Array.from({ length: 50 }, (_, index) => 1000 + (tenant - 1) + TENANTS * index);
}

/** The tenant that a seeded invoice belongs to. */
export const tenantOf = (invoice: number): number => ((invoice - 1000) % TENANTS) + 1;

/** An id that no invoice has. */
export const absentInvoice = (draw: Draw): number => draw.int(500_000, 900_000);

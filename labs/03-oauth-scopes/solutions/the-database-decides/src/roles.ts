/** Each may do what those before it may. */
const ROLES = ['viewer', 'accountant', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Whether a role is that one or a higher one. `null`: not a member. */
export function isAtLeast(role: Role | null, needed: Role): boolean {
  return role !== null && ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

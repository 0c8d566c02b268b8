import { digest } from '../../owner.ts';

/** Postgres cuts names at 63 bytes; the lab's share of one, with everything else around it. */
const LAB_LENGTH = 28;

/** `01-query-plans` → `01_query_plans`; long ids are cut and told apart by a digest. */
export function labName(lab: string): string {
  const plain = lab.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '_');
  return plain.length <= LAB_LENGTH ? plain : `${plain.slice(0, LAB_LENGTH - 7)}_${digest(lab, 6)}`;
}

/** The role that a lab's services run as. */
export const roleName = (lab: string): string => `lab_${labName(lab)}`;

/** Databases by purpose: the prefix says who may drop them, and when. */
export const PREFIX = {
  /** A lab's data, kept until the data changes. */
  template: 'tpl_',
  /** A template with something done to it, kept until dropped by key. */
  snapshot: 'snap_',
  /** Not finished; its owner's alone. */
  building: 'build_',
  /** A run's; dropped by its owner, or by anyone once that is gone. */
  lease: 'lease_',
  /** Left by a failed run for a person. */
  kept: 'kept_',
} as const;

/** Double quotes an identifier. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Single quotes a string. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

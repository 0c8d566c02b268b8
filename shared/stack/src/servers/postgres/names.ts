import { digest } from '../../owner.ts';

/** Bytes of the lab in a name: Postgres cuts names at 63 bytes, and the rest needs 35. */
const LAB_LENGTH = 28;

/** `01-query-plans` → `01_query_plans`; long ids are cut and end with a digest. */
export function labName(lab: string): string {
  const plain = lab.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '_');
  return plain.length <= LAB_LENGTH ? plain : `${plain.slice(0, LAB_LENGTH - 7)}_${digest(lab, 6)}`;
}

/** The role that a lab's services run as. */
export const roleName = (lab: string): string => `lab_${labName(lab)}`;

/** Databases by purpose: the prefix decides which process may drop them, and when. */
export const PREFIX = {
  /** A lab's data, kept until the data changes. */
  template: 'tpl_',
  /** A template with something done to it, kept until dropped by key. */
  snapshot: 'snap_',
  /** Not finished; belongs to the process that builds it. */
  building: 'build_',
  /** Belongs to a run. Its owner drops it; any process may when the owner has ended. */
  lease: 'lease_',
  /** Left behind by a failed run, for a person. */
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

import { isDeepStrictEqual } from 'node:util';
import type { Contract } from './contract-document.ts';

export interface BreakingChange {
  /** `GET /v1/events` */
  readonly operation: string;
  readonly what: string;
}

/** What breaks a client of `before` when the service begins to follow `after`. */
export function breakingChanges(before: Contract, after: Contract): BreakingChange[] {
  return [...before]
    .filter(([operation, old]) => !isDeepStrictEqual(after.get(operation), old))
    .map(([operation]) => ({ operation, what: after.has(operation) ? 'changed' : 'is gone' }));
}

import { randomUUID } from 'node:crypto';

const FORM = /^[\w.-]{1,64}$/u;

/** The client's id if it is valid. If not, a new one. */
export function requestIdOf(header: string | undefined): string {
  return header !== undefined && FORM.test(header) ? header : randomUUID();
}

import { randomUUID } from 'node:crypto';

const FORM = /^[\w.-]{1,64}$/u;

/** The client's id where it is valid, else a new one. */
export function requestIdOf(header: string | undefined): string {
  return header !== undefined && FORM.test(header) ? header : randomUUID();
}

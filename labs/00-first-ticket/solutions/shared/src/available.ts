import { BadRequest } from './errors.ts';

/** The filter `available`. Throws `BadRequest` unless it is left out, `true` or `false`. */
export function readAvailable(text: unknown): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw new BadRequest('available must be true or false');
}

import type { RequestHandler } from 'express';
import type { Clock } from './clock.ts';
import type { Operation } from './document.ts';
import { Gone } from './errors.ts';

/** Says on every answer when a deprecated operation ends, and ends it. Throws if the instants make no sense. */
export function lifecycle(operation: Operation, clock: Clock): RequestHandler | undefined {
  if (operation['deprecated'] !== true) return undefined;
  const since = instantOf(operation, 'x-deprecated-at');
  const sunset = 'x-sunset-at' in operation ? instantOf(operation, 'x-sunset-at') : undefined;
  if (sunset && sunset < since) throw new Error('x-sunset-at is before x-deprecated-at');
  return (_req, res, next) => {
    // RFC 9745 has a date of Structured Fields, and RFC 8594 an HTTP date.
    res.setHeader('Deprecation', `@${Math.floor(since.getTime() / 1000)}`);
    if (sunset) res.setHeader('Sunset', sunset.toUTCString());
    if (sunset && clock() >= sunset) throw new Gone();
    next();
  };
}

function instantOf(operation: Operation, name: string): Date {
  const value = operation[name];
  const instant = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw new Error(`${name} is not an instant`);
  return instant;
}

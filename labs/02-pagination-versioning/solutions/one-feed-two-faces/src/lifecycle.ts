import type { RequestHandler } from 'express';
import type { Clock } from './clock.ts';
import { VersionSunset } from './errors.ts';

/** An instant out of the environment, when it is set. */
export function instantFrom(name: string): Date | undefined {
  const value = process.env[name];
  if (value === undefined) return undefined;
  const instant = new Date(value);
  if (Number.isNaN(instant.getTime())) throw new Error(`${name} is not an instant: ${value}`);
  return instant;
}

/** `Deprecation` of RFC 9745, a date of Structured Fields, and the link to the notice. */
export function deprecated(since: Date, notice: string): RequestHandler {
  const date = `@${Math.trunc(since.getTime() / 1000)}`;
  return (_req, res, next) => {
    res.set('Deprecation', date).append('Link', `<${notice}>; rel="deprecation"`);
    next();
  };
}

/** `Sunset` of RFC 8594, an HTTP date, and the link to what comes instead; 410 when it has come. */
export function sunset(at: Date, successor: string, clock: Clock): RequestHandler {
  return (req, res, next) => {
    const instead = `${req.protocol}://${req.host}${successor}`;
    res.set('Sunset', at.toUTCString()).append('Link', `<${instead}>; rel="successor-version"`);
    if (clock() >= at) throw new VersionSunset(`it ended on ${at.toUTCString()}; see ${instead}`);
    next();
  };
}

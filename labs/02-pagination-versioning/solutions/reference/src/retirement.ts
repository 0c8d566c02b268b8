import type { RequestHandler } from 'express';
import type { Clock } from './clock.ts';
import { Problem } from './problems.ts';

const DEPRECATION_NOTICE = 'https://docs.shipments.example/v1-deprecation';

/** When a version of the API was, or will be, deprecated, and when it ends. */
export interface Retirement {
  readonly deprecatedAt: Date;
  readonly sunsetAt: Date;
}

/** From `V1_DEPRECATED_AT` and `V1_SUNSET_AT`; undefined while there are no such plans. */
export function retirementOfV1(env: NodeJS.ProcessEnv): Retirement | undefined {
  const { V1_DEPRECATED_AT: deprecated, V1_SUNSET_AT: sunset } = env;
  if (deprecated === undefined || sunset === undefined) return undefined;
  const [deprecatedAt, sunsetAt] = [new Date(deprecated), new Date(sunset)];
  // RFC 9745, section 4; also false when one of them is not a date.
  if (!(deprecatedAt <= sunsetAt)) throw new Error('v1 must be deprecated before its sunset');
  return { deprecatedAt, sunsetAt };
}

/**
 * Tells every client of a version that it is on its way out, whatever the answer is: `Deprecation`
 * (RFC 9745), `Sunset` (RFC 8594), and links to the notice and the successor. From the sunset on it
 * answers nothing else.
 */
export function retire(plan: Retirement, successor: string, clock: Clock): RequestHandler {
  return (req, res, next) => {
    const successorUrl = `${req.protocol}://${req.host}${successor}`;
    res.set('Deprecation', `@${Math.floor(plan.deprecatedAt.getTime() / 1000)}`);
    res.set('Sunset', plan.sunsetAt.toUTCString());
    res.append('Link', `<${DEPRECATION_NOTICE}>; rel="deprecation"; type="text/html"`);
    res.append('Link', `<${successorUrl}>; rel="successor-version"`);
    if (clock() >= plan.sunsetAt) {
      throw new Problem('version-sunset', `Use ${successorUrl}.`);
    }
    next();
  };
}

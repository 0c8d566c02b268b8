import jwt, { type JwtPayload } from 'jsonwebtoken';
import type { Keys } from './keys.ts';
import type { Settings } from './settings.ts';

/** What an access token says, as far as it is of use here. */
export interface Claims {
  readonly userId: string;
  readonly tenantId: number;
  readonly scope: string;
  /** The token's own id, and when it ends, in seconds since 1970. */
  readonly jti: string;
  readonly exp: number;
}

/** How long a token lives at most, and how far two clocks may be apart, in seconds. */
const LIFETIME = 3600;
const TOLERANCE = 30;

/**
 * The claims of an access token. Throws if it is not one that this service takes, and `HttpError` if
 * that cannot be found out now.
 */
export async function verifyToken(
  token: string,
  keys: Keys,
  { issuer, audience }: Settings,
): Promise<Claims> {
  // Nothing of it is proven yet. Only the choice of the key depends on it, and `verify` on the key.
  const header = jwt.decode(token, { complete: true })?.header;
  if (!header?.kid) throw new Error('no kid');
  if (!/^(?:application\/)?at\+jwt$/iu.test(header.typ ?? '')) throw new Error('no access token');
  if ('crit' in header) throw new Error('an extension is critical');
  const key = await keys.find(header.kid);
  if (!key) throw new Error(`no key is named ${header.kid}`);
  const payload = jwt.verify(token, key, {
    algorithms: ['RS256'],
    clockTolerance: TOLERANCE,
    issuer,
    audience,
  });
  return readClaims(payload as JwtPayload);
}

/** jsonwebtoken checks claims that are there. This checks that they are. */
function readClaims(payload: JwtPayload): Claims {
  const { sub, jti, exp, scope } = payload;
  const tenantId: unknown = payload['tenant_id'];
  if (typeof sub !== 'string' || typeof jti !== 'string' || typeof tenantId !== 'number') {
    throw new Error('a claim is missing');
  }
  if (exp === undefined || exp > Date.now() / 1000 + LIFETIME + TOLERANCE) {
    throw new Error('it does not end in time');
  }
  return { userId: sub, tenantId, scope: typeof scope === 'string' ? scope : '', jti, exp };
}

import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { HttpError } from './errors.ts';
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

/** Errors of jose that are about the keys and not about the token. */
const KEYS_UNAVAILABLE = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT'];

/**
 * The claims of an access token, or `undefined` if it is not one that this service takes.
 * Throws `HttpError` 503 if that cannot be found out now.
 */
export async function verifyToken(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: Settings,
): Promise<Claims | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer,
      audience,
      typ: 'at+jwt',
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE,
    });
    return readClaims(payload);
  } catch (error) {
    if (error instanceof errors.JOSEError && !KEYS_UNAVAILABLE.includes(error.code)) {
      return undefined;
    }
    throw new HttpError(503, 'cannot verify tokens now');
  }
}

function readClaims(payload: JWTPayload): Claims | undefined {
  const { sub, jti, exp = Infinity, scope } = payload;
  const tenantId = payload['tenant_id'];
  const complete = sub !== undefined && jti !== undefined && typeof tenantId === 'number';
  if (!complete || exp > Date.now() / 1000 + LIFETIME + TOLERANCE) return undefined;
  return { userId: sub, tenantId, scope: typeof scope === 'string' ? scope : '', jti, exp };
}

import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import type { Settings } from './settings.ts';

/** The issuer's keys. jose fetches them when they are needed, and seldom. */
export function createKeys({ jwksUrl, jwksCooldownMs, jwksMaxAgeMs }: Settings): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: jwksCooldownMs,
    cacheMaxAge: jwksMaxAgeMs,
    timeoutDuration: 3_000,
  });
}

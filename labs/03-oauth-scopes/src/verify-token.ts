import jwt from 'jsonwebtoken';
import { findKey } from './keys.ts';
import type { Role } from './roles.ts';
import type { Settings } from './settings.ts';

/** What an access token says. */
export interface Claims {
  readonly sub: string;
  readonly tenant_id: number;
  /** The user's role in that tenant at login. */
  readonly role: Role;
  readonly scope: string;
  readonly jti: string;
  readonly exp: number;
}

/** The claims of a token. Throws if it is not one that this service takes. */
export async function verifyToken(token: string, settings: Settings): Promise<Claims> {
  const header = jwt.decode(token, { complete: true })?.header;
  const key = await findKey(settings.jwksUrl, header?.kid);
  const { issuer, audience } = settings;
  return jwt.verify(token, key, { issuer, audience }) as unknown as Claims;
}

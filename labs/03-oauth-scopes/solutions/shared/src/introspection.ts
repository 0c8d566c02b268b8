import { HttpError } from './errors.ts';
import type { Settings } from './settings.ts';
import type { Claims } from './verify-token.ts';

interface Introspected {
  readonly active?: unknown;
  readonly iss?: unknown;
  readonly aud?: unknown;
  readonly exp?: unknown;
  readonly sub?: unknown;
  readonly tenant_id?: unknown;
  readonly jti?: unknown;
  readonly scope?: unknown;
}

interface Kept {
  readonly claims: Promise<Claims | undefined>;
  readonly until: number;
}

const ANSWER_WITHIN_MS = 3_000;

/** How long a token lives at most, and how far two clocks may be apart, in seconds. */
const LIFETIME = 3600;
const TOLERANCE = 30;

/** Whether a token is one that only the authorization server can read. */
export const isOpaque = (token: string): boolean => token.startsWith('opq_');

/** Asks the authorization server about opaque tokens (RFC 7662), and believes it for a short time. */
export class Introspection {
  readonly #settings: Settings;
  readonly #kept = new Map<string, Kept>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * The claims of a token, or `undefined` if it is not one that this service takes.
   * Throws `HttpError` 503 if the authorization server cannot be asked.
   */
  async find(token: string): Promise<Claims | undefined> {
    const now = performance.now();
    for (const [other, { until }] of this.#kept) if (until <= now) this.#kept.delete(other);
    const kept = this.#kept.get(token);
    const claims = kept?.claims ?? this.#ask(token);
    // Kept before the answer is there: requests that come meanwhile wait for the same one.
    if (!kept) this.#kept.set(token, { claims, until: now + this.#settings.introspectionCacheMs });
    try {
      const found = await claims;
      return found && found.exp > Date.now() / 1000 ? found : undefined;
    } catch {
      if (this.#kept.get(token)?.claims === claims) this.#kept.delete(token);
      throw new HttpError(503, 'cannot verify tokens now');
    }
  }

  async #ask(token: string): Promise<Claims | undefined> {
    const { introspectionUrl, clientId, clientSecret } = this.#settings;
    if (!introspectionUrl) return undefined;
    const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    const answer = await fetch(introspectionUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      body: new URLSearchParams({ token }),
    });
    if (!answer.ok) throw new Error(`the authorization server answered ${answer.status}`);
    return this.#read((await answer.json()) as Introspected);
  }

  #read({ active, iss, aud, exp, sub, tenant_id, jti, scope }: Introspected): Claims | undefined {
    const { issuer, audience } = this.#settings;
    const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
    if (active !== true || iss !== issuer || !audiences.includes(audience)) return undefined;
    if (typeof exp !== 'number' || typeof sub !== 'string') return undefined;
    if (typeof tenant_id !== 'number' || typeof jti !== 'string') return undefined;
    const scopes = typeof scope === 'string' ? scope : '';
    if (exp > Date.now() / 1000 + LIFETIME + TOLERANCE) return undefined;
    return { userId: sub, tenantId: tenant_id, scope: scopes, jti, exp };
  }
}

/** Everything that may differ between two machines. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** The name of the server that issues the tokens. */
  readonly issuer: string;
  /** The name of this API in a token. */
  readonly audience: string;
  /** Where the issuer publishes its keys. */
  readonly jwksUrl: string;
  /** How long no keys are fetched after they were, in milliseconds. */
  readonly jwksCooldownMs: number;
  /** How long fetched keys are good, in milliseconds. */
  readonly jwksMaxAgeMs: number;
  /** Where to ask about opaque tokens. Without it there are none. */
  readonly introspectionUrl: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long an answer about an opaque token is good, in milliseconds. */
  readonly introspectionCacheMs: number;
}

/** Throws if a setting that decides which tokens are good is missing: it has no safe default. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port: Number(env['PORT'] ?? 3000),
    issuer: required(env, 'OAUTH_ISSUER'),
    audience: required(env, 'OAUTH_AUDIENCE'),
    jwksUrl: required(env, 'OAUTH_JWKS_URL'),
    jwksCooldownMs: Number(env['JWKS_COOLDOWN_MS'] ?? 30_000),
    jwksMaxAgeMs: Number(env['JWKS_MAX_AGE_MS'] ?? 600_000),
    introspectionUrl: env['OAUTH_INTROSPECTION_URL'],
    clientId: env['OAUTH_CLIENT_ID'] ?? '',
    clientSecret: env['OAUTH_CLIENT_SECRET'] ?? '',
    introspectionCacheMs: Number(env['INTROSPECTION_CACHE_MS'] ?? 10_000),
  };
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** Everything that may differ between two machines. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** The name of the server that issues the tokens. */
  readonly issuer: string | undefined;
  /** The name of this API in a token. */
  readonly audience: string | undefined;
  /** Where the issuer publishes its keys. */
  readonly jwksUrl: string;
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    host: env['HOST'] ?? '127.0.0.1',
    port: Number(env['PORT'] ?? 3000),
    issuer: env['JWT_ISSUER'],
    audience: env['JWT_AUDIENCE'],
    jwksUrl: env['OAUTH_JWKS_URL'] ?? 'http://127.0.0.1:4030/jwks.json',
  };
}

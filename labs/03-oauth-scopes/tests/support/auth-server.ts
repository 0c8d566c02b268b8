import { randomBytes, randomUUID } from 'node:crypto';
import { Double, type RecordedRequest, type Reply } from '@backend-labs/testkit';
import { type Members, newKey, now, published, rsa, type SigningKey, writeJwt } from './jwt.ts';
import type { Person } from './people.ts';

export const ISSUER = 'https://id.ledgerly.example';
export const AUDIENCE = 'billing-api';
export const ALL_SCOPES = 'invoices:read invoices:write invoices:refund usage:read';

const JWKS = '/keys/jwks.json';
const INTROSPECT = '/introspect';
const CLIENT = { id: 'billing-api', secret: 'correct horse' };

/** What a client may send: the secret as it is (RFC 7617), or form-encoded (RFC 6749, section 2.3.1). */
const CREDENTIALS: ReadonlySet<string | undefined> = new Set(
  [CLIENT.secret, CLIENT.secret.replace(' ', '+'), encodeURIComponent(CLIENT.secret)].map(
    (secret) => `Basic ${Buffer.from(`${CLIENT.id}:${secret}`).toString('base64')}`,
  ),
);

export interface TokenChanges {
  readonly claims?: Members;
  readonly header?: Members;
}

/** The authorization server, as a double: it publishes keys, issues tokens, and counts who asks. */
export class AuthServer implements AsyncDisposable {
  readonly #double: Double;
  /** Signs what is issued. */
  key: SigningKey;
  /** At `OAUTH_JWKS_URL`, in this order. */
  published: readonly SigningKey[];
  readonly #opaque = new Map<string, Members>();
  #outage: { reply: Reply } | undefined;
  /** Resolves when the keys may be answered. */
  #released = Promise.resolve();
  /** How many introspections it answered with 401. */
  refusedClients = 0;

  private constructor(double: Double) {
    this.#double = double;
    this.key = newKey();
    this.published = [newKey(), this.key];
    double.handler = (request) => this.#serve(request);
  }

  static async open(): Promise<AuthServer> {
    return new AuthServer(await Double.open(() => 'reset'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#double[Symbol.asyncDispose]();
  }

  /** The settings of a service that trusts this server. */
  get env(): Readonly<Record<string, string>> {
    return {
      OAUTH_ISSUER: ISSUER,
      OAUTH_AUDIENCE: AUDIENCE,
      OAUTH_JWKS_URL: this.#double.url + JWKS,
      OAUTH_INTROSPECTION_URL: this.#double.url + INTROSPECT,
      OAUTH_CLIENT_ID: CLIENT.id,
      OAUTH_CLIENT_SECRET: CLIENT.secret,
    };
  }

  /** How often the keys were fetched. */
  get fetches(): number {
    return this.#double.requests.filter(({ path }) => path === JWKS).length;
  }

  /** Counts fetches of the keys and answers none, until disposed. */
  holdKeys(): Disposable {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#released = promise;
    return { [Symbol.dispose]: resolve };
  }

  /** Publishes a key as well, until disposed. */
  publish(key: SigningKey): Disposable {
    this.published = [...this.published, key];
    return {
      [Symbol.dispose]: () => {
        this.published = this.published.filter((one) => one !== key);
      },
    };
  }

  /** Answers with `reply` instead of keys and claims, until disposed. */
  goDown(): { reply: Reply } & Disposable {
    const outage = {
      reply: { status: 503 } as Reply,
      [Symbol.dispose]: () => {
        this.#outage = undefined;
      },
    };
    this.#outage = outage;
    return outage;
  }

  /** An access token for a person. Right in everything, except for the changes. */
  token(person: Person, changes: TokenChanges = {}, key: SigningKey = this.key): string {
    return writeJwt(
      this.header(changes.header),
      this.claims(person, changes.claims),
      rsa(key, 'sha256'),
    );
  }

  header(changes: Members = {}): Members {
    return { alg: 'RS256', typ: 'at+jwt', kid: this.key.kid, ...changes };
  }

  claims({ id, tenant, role }: Person, changes: Members = {}): Members {
    return {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: id,
      tenant_id: tenant,
      role,
      scope: ALL_SCOPES,
      client_id: 'back-office',
      jti: randomUUID(),
      iat: now(),
      exp: now() + 3600,
      ...changes,
    };
  }

  /** Issues an opaque token for a person. Active and right in everything, except for the changes. */
  opaqueToken(person: Person, changes: Members = {}): string {
    const token = `opq_${randomBytes(20).toString('hex')}`;
    this.#opaque.set(token, { active: true, ...this.claims(person, changes) });
    return token;
  }

  revoke(token: string): void {
    this.#opaque.delete(token);
  }

  /** How often it was asked about opaque tokens. */
  get introspections(): number {
    return this.#double.requests.filter(({ path }) => path === INTROSPECT).length;
  }

  #introspect({ headers, method, text }: RecordedRequest): Reply {
    if (method !== 'POST' || !CREDENTIALS.has(headers.authorization)) {
      this.refusedClients += 1;
      return { status: 401, body: { error: 'invalid_client' } };
    }
    const token = new URLSearchParams(text).get('token') ?? '';
    return this.#outage?.reply ?? { body: this.#opaque.get(token) ?? { active: false } };
  }

  async #serve(request: RecordedRequest): Promise<Reply> {
    const { path } = request;
    if (path === INTROSPECT) return this.#introspect(request);
    if (path !== JWKS) return { status: 404, body: { error: 'not found' } };
    await this.#released;
    return this.#outage?.reply ?? { body: { keys: this.published.map(published) } };
  }
}

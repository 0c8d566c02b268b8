import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import jwt from 'jsonwebtoken';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface AuthServerOptions {
  readonly issuer: string;
  readonly audience: string;
}

/** For members that a request for a token leaves out. */
const DEFAULTS = { user: 'ada-1', tenant: '1', role: 'admin', ttl: '3600' };
const ALL_SCOPES = 'invoices:read invoices:write invoices:refund usage:read';

/**
 * An authorization server for your own machine. It asks for no password and signs what it is asked to
 * sign, so it also makes tokens that the service must refuse.
 */
export class AuthServer {
  readonly #options: AuthServerOptions;
  #keys: readonly SigningKey[] = [newKey()];
  readonly #opaque = new Map<string, object>();

  constructor(options: AuthServerOptions) {
    this.#options = options;
  }

  async listen(port: number): Promise<void> {
    const server = createServer((req, res) => void this.#serve(req, res));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(req));
    switch (`${req.method} ${req.url}`) {
      case 'GET /jwks.json':
        res.setHeader('content-type', 'application/json');
        res.end(JSON.stringify({ keys: this.#keys.map(published) }));
        return;
      case 'POST /token':
        res.end(this.#issue(form));
        return;
      case 'POST /opaque-token':
        res.end(this.#issueOpaque(form));
        return;
      case 'POST /introspect':
        res.setHeader('content-type', 'application/json');
        res.end(JSON.stringify(this.#opaque.get(form.get('token') ?? '') ?? { active: false }));
        return;
      case 'POST /revoke':
        this.#opaque.delete(form.get('token') ?? '');
        res.end();
        return;
      case 'POST /rotate':
        // The old key stays published until the one after it comes.
        this.#keys = [newKey(), ...this.#keys.slice(0, 1)];
        res.end(`signs with ${this.#keys[0]?.kid} from now on\n`);
        return;
      default:
        res.statusCode = 404;
        res.end('POST /token, /opaque-token, /introspect, /revoke, /rotate, or GET /jwks.json\n');
    }
  }

  /** A token as the form asks for it: `user`, `tenant`, `role`, `scope`, `ttl`, `aud`, `iss`, `typ`. */
  #issue(form: URLSearchParams): string {
    const [key] = this.#keys;
    if (!key) throw new Error('there is always a key');
    return jwt.sign(this.#claims(form), key.privateKey, {
      algorithm: 'RS256',
      keyid: key.kid,
      header: { alg: 'RS256', typ: form.get('typ') ?? 'at+jwt' },
    });
  }

  #issueOpaque(form: URLSearchParams): string {
    const token = `opq_${randomBytes(20).toString('hex')}`;
    this.#opaque.set(token, { active: true, ...this.#claims(form) });
    return token;
  }

  #claims(form: URLSearchParams): object {
    const wish = { ...DEFAULTS, scope: ALL_SCOPES, ...Object.fromEntries(form) };
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: form.get('iss') ?? this.#options.issuer,
      aud: form.get('aud') ?? this.#options.audience,
      sub: wish.user,
      tenant_id: Number(wish.tenant),
      role: wish.role,
      scope: wish.scope,
      jti: randomUUID(),
      iat: now,
      exp: now + Number(wish.ttl),
    };
  }
}

function newKey(): SigningKey {
  return { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

function published({ kid, publicKey }: SigningKey): object {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}

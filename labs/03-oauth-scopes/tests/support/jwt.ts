import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';

/** A key of an authorization server, ours or an attacker's. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Members of a header or payload. `undefined` leaves one out. */
export type Members = Readonly<Record<string, unknown>>;

/** What is signed, and by whom. */
export type Signer = (data: string) => Buffer;

export function newKey(): SigningKey {
  return { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

/** As an authorization server publishes it. */
export function published({ kid, publicKey }: SigningKey): object {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}

/** A JWT put together by hand: nothing keeps it from being wrong. */
export function writeJwt(header: Members, payload: Members, signer: Signer): string {
  const data = `${encode(header)}.${encode(payload)}`;
  return `${data}.${signer(data).toString('base64url')}`;
}

export function rsa({ privateKey }: SigningKey, hash: 'sha256' | 'sha384' | 'sha512'): Signer {
  return (data) => sign(hash, Buffer.from(data), privateKey);
}

export function pss({ privateKey: key }: SigningKey): Signer {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return (data) => sign('sha256', Buffer.from(data), { key, padding, saltLength: 32 });
}

export function hmac(secret: string | Buffer): Signer {
  return (data) => createHmac('sha256', secret).update(data).digest();
}

export const unsigned: Signer = () => Buffer.alloc(0);

/** The token with other claims under the old signature. */
export function tamper(token: string, change: (payload: Members) => Members): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Members;
  return `${header}.${encode(change(claims))}.${signature}`;
}

function encode(members: Members): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url');
}

/** Seconds since 1970, as tokens count. */
export const now = (): number => Math.floor(Date.now() / 1000);

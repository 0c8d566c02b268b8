import { randomUUID } from 'node:crypto';
import { ALL_SCOPES, type AuthServer } from './auth-server.ts';
import {
  hmac,
  type Members,
  now,
  published,
  pss,
  rsa,
  type SigningKey,
  tamper,
  unsigned,
  writeJwt,
} from './jwt.ts';
import type { Person } from './people.ts';

/** A token that breaks one rule, and what it is called in a message. */
export interface Forgery {
  readonly what: string;
  readonly token: string;
}

/** What an attacker has. */
export interface Attack {
  readonly used: string;
  readonly attacker: SigningKey;
  readonly site: string;
}

/** Tokens with another algorithm. All name our key. */
export function otherAlgorithms(auth: AuthServer, person: Person): Forgery[] {
  const { key } = auth;
  const pem = key.publicKey.export({ format: 'pem', type: 'spki' });
  const der = key.publicKey.export({ format: 'der', type: 'spki' });
  const bare = der.toString('base64');
  const make = (alg: string, signer: Parameters<typeof writeJwt>[2]): string =>
    writeJwt(auth.header({ alg }), auth.claims(person), signer);
  return [
    { what: 'alg none and no signature', token: make('none', unsigned) },
    { what: 'alg None and no signature', token: make('None', unsigned) },
    { what: 'alg HS256, our public key in PEM as the secret', token: make('HS256', hmac(pem)) },
    {
      what: 'alg HS256, our public key in PEM without its last line break as the secret',
      token: make('HS256', hmac(pem.trim())),
    },
    {
      what: 'alg HS256, the base64 of our public key as the secret',
      token: make('HS256', hmac(bare)),
    },
    {
      what: 'alg HS256, the bytes of our public key as the secret',
      token: make('HS256', hmac(der)),
    },
    {
      what: 'alg HS256, our published key in JSON as the secret',
      token: make('HS256', hmac(JSON.stringify(published(key)))),
    },
    { what: 'alg HS256, nothing as the secret', token: make('HS256', hmac('')) },
    { what: 'alg RS384, signed with our key', token: make('RS384', rsa(key, 'sha384')) },
    { what: 'alg RS512, signed with our key', token: make('RS512', rsa(key, 'sha512')) },
    { what: 'alg PS256, signed with our key', token: make('PS256', pss(key)) },
  ];
}

/**
 * Tokens that the key of their `kid` did not sign.
 *
 * @param used a good token that the service has taken before.
 * @param site the attacker's own web site.
 */
export function otherSigners(
  auth: AuthServer,
  person: Person,
  { used, attacker, site }: Attack,
): Forgery[] {
  const claims = auth.claims(person);
  const make = (header: Members, key: SigningKey): string =>
    writeJwt(auth.header(header), claims, rsa(key, 'sha256'));
  const [other] = auth.published;
  const own = published(attacker) as Members;
  const elsewhere = (signed: Members): Members => ({
    ...signed,
    tenant_id: (person.tenant % 8) + 1,
  });
  return [
    { what: "an attacker's key under the name of our key", token: make({}, attacker) },
    { what: "an attacker's key under its own name", token: make({ kid: attacker.kid }, attacker) },
    {
      what: 'our key under a name that nobody knows',
      token: make({ kid: randomUUID() }, auth.key),
    },
    {
      what: 'our key under the name of our other key',
      token: make({ kid: other?.kid }, auth.key),
    },
    { what: "an attacker's key in jwk", token: make({ kid: attacker.kid, jwk: own }, attacker) },
    {
      what: "an attacker's key in jwk, under the name of our key",
      token: make({ jwk: own }, attacker),
    },
    {
      what: "an attacker's key at the address in jku",
      token: make({ kid: attacker.kid, jku: `${site}/jwks.json` }, attacker),
    },
    {
      what: "an attacker's key at the address in jku, under the name of our key",
      token: make({ jku: `${site}/jwks.json` }, attacker),
    },
    {
      what: 'another tenant in the claims than was signed',
      token: tamper(auth.token(person), elsewhere),
    },
    {
      what: 'the id and signature of a token that was used before, and another tenant',
      token: tamper(used, elsewhere),
    },
    {
      what: 'no signature under alg RS256',
      token: writeJwt(auth.header(), claims, unsigned),
    },
  ];
}

/** Tokens of another type, or with a critical extension. */
export function otherTypes(auth: AuthServer, person: Person): Forgery[] {
  const make = (what: string, header: Members): Forgery => ({
    what,
    token: auth.token(person, { header }),
  });
  return [
    make('typ JWT, as in an ID token', { typ: 'JWT' }),
    make('no typ', { typ: undefined }),
    make('typ id+jwt', { typ: 'id+jwt' }),
    make('typ logout+jwt', { typ: 'logout+jwt' }),
    make('typ chat+jwt', { typ: 'chat+jwt' }),
    make('typ at+jwt2', { typ: 'at+jwt2' }),
    make('typ application/jwt', { typ: 'application/jwt' }),
    make('crit with an extension that nobody knows', {
      crit: ['https://ledgerly.example/bound-to-device'],
      'https://ledgerly.example/bound-to-device': true,
    }),
  ];
}

/** Tokens whose time is over, not yet there, or without end. */
export function otherTimes(auth: AuthServer, person: Person): Forgery[] {
  const make = (what: string, claims: Members): Forgery => ({
    what,
    token: auth.token(person, { claims }),
  });
  return [
    make('an exp that was two minutes ago', { exp: now() - 120, iat: now() - 3720 }),
    make('no exp', { exp: undefined }),
    make('an exp in milliseconds', { exp: Date.now() + 3_600_000 }),
    make('an exp a day away', { exp: now() + 86_400 }),
    make('an exp a day away and no iat', { exp: now() + 86_400, iat: undefined }),
    make('an exp a day away and an iat an hour before it', {
      exp: now() + 86_400,
      iat: now() + 82_800,
    }),
    make('an exp that is a text', { exp: String(now() + 3600) }),
    make('an nbf that is five minutes away', { nbf: now() + 300 }),
  ];
}

/** Tokens that lack a claim. */
export function incomplete(auth: AuthServer, person: Person): Forgery[] {
  return ['sub', 'tenant_id', 'jti'].map((claim) => ({
    what: `no ${claim}`,
    token: auth.token(person, { claims: { [claim]: undefined } }),
  }));
}

/** Tokens that break no rule, however they look. */
export function goodTokens(auth: AuthServer, person: Person): Forgery[] {
  const make = (what: string, header: Members, claims: Members = {}): Forgery => ({
    what,
    token: auth.token(person, { header, claims }),
  });
  const [other = auth.key] = auth.published;
  return [
    make('nothing unusual', {}),
    make('typ application/at+jwt', { typ: 'application/at+jwt' }),
    make('typ AT+JWT', { typ: 'AT+JWT' }),
    { what: 'our other key', token: auth.token(person, { header: { kid: other.kid } }, other) },
    make('an nbf that is over', {}, { nbf: now() - 30 }),
    make('an exp in ten minutes', {}, { exp: now() + 600 }),
    make('claims that nobody asked for', {}, { email: 'a@b.example', amr: ['pwd'], groups: {} }),
    make('header parameters that nobody asked for', { cty: 'x', x5t: 'abc', jku: undefined }),
    make('scopes in another order', {}, { scope: ALL_SCOPES.split(' ').toReversed().join(' ') }),
  ];
}

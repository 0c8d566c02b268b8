import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gradeResultSchema, type GradeResult } from '@backend-labs/protocol';
import canonicalize from 'canonicalize';
import {
  calculateJwkThumbprint,
  CompactSign,
  compactVerify,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { GraderError } from './errors.ts';

const ALGORITHM = 'EdDSA';
const TYPE = 'backend-labs-grade+json';

/** A grader's key pair as a JWK (Ed25519), and its RFC 7638 thumbprint. */
export interface GraderKey {
  readonly jwk: JWK;
  readonly id: string;
}

/**
 * The key of this state folder, made at its first use. Only its user can read it.
 *
 * @throws GraderError `BAD_KEY`.
 */
export async function graderKey(stateDir: string): Promise<GraderKey> {
  const path = join(stateDir, 'grader-key.json');
  try {
    const jwk = JSON.parse(readFileSync(path, 'utf8')) as JWK;
    return { jwk, id: await calculateJwkThumbprint(jwk) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new GraderError('BAD_KEY', `${path} is damaged. Bring it back from a backup.`, {
        cause,
      });
    }
  }
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, JSON.stringify(jwk), { mode: 0o600 });
  await rename(`${path}.tmp`, path);
  return { jwk, id: await calculateJwkThumbprint(jwk) };
}

/** A compact JWS over the RFC 8785 form of a result. */
export async function sign(result: GradeResult, { jwk, id }: GraderKey): Promise<string> {
  const { kty, crv, x } = jwk;
  const payload = new TextEncoder().encode(canonicalize(result));
  return new CompactSign(payload)
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: id, jwk: { kty, crv, x } as JWK })
    .sign(await importJWK(jwk, ALGORITHM));
}

export interface Checked {
  readonly result: GradeResult;
  /** The thumbprint of the key that signed it. */
  readonly signedBy: string;
}

/**
 * Reads a signed result. The signature shows that nobody changed it since the holder of the key
 * `signedBy` signed it. The caller must know whose key that is.
 *
 * @throws GraderError `NO_RESULT` when the signature or the content is not valid.
 */
export async function checkSigned(jws: string): Promise<Checked> {
  try {
    const { jwk, typ } = decodeProtectedHeader(jws.trim());
    if (!jwk || typ !== TYPE) throw new TypeError('it is not a signed result');
    const key = await importJWK(jwk as JWK, ALGORITHM);
    const { payload } = await compactVerify(jws.trim(), key, { algorithms: [ALGORITHM] });
    const text = new TextDecoder().decode(payload);
    const result = gradeResultSchema.parse(JSON.parse(text));
    if (canonicalize(result) !== text) throw new TypeError('its content is not in RFC 8785 form');
    return { result, signedBy: await calculateJwkThumbprint(jwk) };
  } catch (cause) {
    const message = 'The signature is not valid: the file was changed, or it is not a result.jws.';
    throw new GraderError('NO_RESULT', message, { cause });
  }
}

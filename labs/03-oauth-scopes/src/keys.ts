import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';

interface KeySet {
  readonly keys: readonly (JsonWebKeyInput['key'] & { readonly kid?: string })[];
}

/** The issuer's key of that name. Throws if there is none. */
export async function findKey(jwksUrl: string, kid: string | undefined): Promise<KeyObject> {
  const answer = await fetch(jwksUrl);
  const { keys } = (await answer.json()) as KeySet;
  const key = keys.find((one) => one.kid === kid);
  if (!key) throw new Error(`no key is named ${kid}`);
  return createPublicKey({ key, format: 'jwk' });
}

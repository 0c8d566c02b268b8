import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { InvalidCursor } from './errors.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

// All instances must read each other's cursors, and they have this secret in common already.
const key = createHash('sha256').update(`cursor 1 ${process.env['DATABASE_URL']}`).digest();

/** Seals a text so that only this service reads it, and only for the same `scope`. */
export function seal(text: string, scope: string): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(scope));
  const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** What was sealed. Throws `InvalidCursor` when it was not, or was for another scope. */
export function unseal(cursor: string, scope: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  // Base64 has letters whose last bits nobody reads: only one spelling of a cursor is ours.
  const ours = bytes.length > NONCE + TAG && bytes.toString('base64url') === cursor;
  if (!ours) throw new InvalidCursor('this service did not issue it');
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE), {
    authTagLength: TAG,
  })
    .setAAD(Buffer.from(scope))
    .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(NONCE + TAG)),
      decipher.final(),
    ]).toString();
  } catch {
    throw new InvalidCursor('it was changed, or is of a list with other filters');
  }
}

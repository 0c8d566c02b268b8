import { createHash } from 'node:crypto';
import type { Files } from './toolchain.ts';

/** SHA-256 over paths and contents, in the order of the paths; hexadecimal. */
export function digestOfFiles(files: Files): string {
  const hash = createHash('sha256');
  for (const path of [...files.keys()].toSorted()) {
    const bytes = files.get(path) ?? Buffer.alloc(0);
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

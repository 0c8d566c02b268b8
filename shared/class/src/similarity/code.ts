import { extname } from 'node:path';

const CODE = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.sql']);

/** Whether a file is code that can be compared. */
export function isCode(path: string): boolean {
  return CODE.has(extname(path));
}

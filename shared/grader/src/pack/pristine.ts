import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pack } from '@backend-labs/protocol';
import { GraderError } from '../errors.ts';
import { digestOfFiles } from './digest.ts';
import { readPack } from './read-pack.ts';
import type { Files } from './toolchain.ts';
import { PACK } from './write-pack.ts';

const SKIPPED = new Set(['.git', '.labs', 'node_modules']);

/**
 * Reads a pack as `labs pack` made it.
 *
 * @throws GraderError `NO_PACK`; `PACK_CHANGED` when a file is not as it was.
 */
export function readPristine(dir: string): { readonly pack: Pack; readonly files: Files } {
  const pack = readPack(dir);
  const files: Files = new Map();
  collect(dir, '', files);
  const others = new Map([...files].filter(([path]) => path !== PACK));
  if (digestOfFiles(others) !== pack.digest) {
    const message = `${dir} is not as \`labs pack\` made it. Run \`git status\` there, or make the pack again.`;
    throw new GraderError('PACK_CHANGED', message);
  }
  return { pack, files };
}

function collect(dir: string, below: string, files: Files): void {
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (SKIPPED.has(entry.name)) continue;
    if (entry.isDirectory()) collect(dir, path, files);
    else if (entry.isFile()) files.set(path, readFileSync(join(dir, path)));
  }
}

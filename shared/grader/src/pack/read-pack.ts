import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packSchema, type Pack } from '@backend-labs/protocol';
import { GraderError } from '../errors.ts';
import { PACK } from './write-pack.ts';

/**
 * What a pack asks for.
 *
 * @throws GraderError `NO_PACK` when the folder is not one.
 */
export function readPack(dir: string): Pack {
  try {
    return packSchema.parse(JSON.parse(readFileSync(join(dir, PACK), 'utf8')));
  } catch (cause) {
    const message = `${dir} is not a pack: it has no usable ${PACK}. Name a folder that \`labs pack\` made.`;
    throw new GraderError('NO_PACK', message, { cause });
  }
}

import { join } from 'node:path';
import { writeWhole } from '../folder/write.ts';
import type { Exported } from './file.ts';

/** Writes the files of an export below a folder. Ids of a class name folders, so no path leaves it. */
export function writeExport(dir: string, { files }: Exported): void {
  for (const { path, text } of files) writeWhole(join(dir, path), text);
}

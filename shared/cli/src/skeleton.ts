import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SKELETON = join(import.meta.dirname, '../skeleton');

/** Empties `dir` and writes the skeleton of a lab into it. */
export function makeLab(id: string, dir: string): void {
  rmSync(dir, { recursive: true, force: true });
  cpSync(SKELETON, dir, { recursive: true });
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replaceAll('__ID__', id).replaceAll('__NUMBER__', String(Number(id.slice(0, 2)))),
    );
  }
}

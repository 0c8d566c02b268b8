import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Collector, LIMITS, type Submission } from './files.ts';

const PRUNED = new Set(['.git', '.labs', 'node_modules']);

/** Reads a submission from a folder. Links are not followed, and pipes are not opened. */
export async function readFolder(dir: string): Promise<Submission> {
  const collector = new Collector();
  const folders = [''];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
      if (collector.full) break;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && !PRUNED.has(entry.name)) folders.push(path);
      if (entry.isDirectory()) continue;
      const bytes = entry.isFile() ? await readPlain(join(dir, path)) : undefined;
      const kept = collector.accept(path, bytes ? 'file' : 'other', bytes?.length ?? 0);
      if (kept !== undefined && bytes) collector.add(kept, bytes);
    }
  }
  return collector.submission();
}

/** At most one byte more than a file may have, which says that it is too large. */
async function readPlain(path: string): Promise<Buffer | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!(await file.stat()).isFile()) return undefined;
  const buffer = Buffer.alloc(LIMITS.file + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) return Buffer.from(buffer.subarray(0, length));
  }
}

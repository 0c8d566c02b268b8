import type { Readable } from 'node:stream';
import { openPromise, type Entry } from 'yauzl';
import { GraderError } from '../errors.ts';
import { Collector, LIMITS, type Submission } from './files.ts';
import { tooMuch } from './tar.ts';

const TYPE_MASK = 0o170_000;
const PLAIN = 0o100_000;

/**
 * Reads a submission from a `.zip`. Only plain files are taken; no link is made or followed.
 *
 * @throws GraderError `BAD_ARCHIVE` when it is damaged, or unpacks to too much.
 */
export async function readZip(path: string): Promise<Submission> {
  const collector = new Collector();
  try {
    // With this an entry that unpacks to more than it says is an error.
    const zip = await openPromise(path, { validateEntrySizes: true, strictFileNames: false });
    try {
      let unpacked = 0;
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName.endsWith('/')) continue;
        const kept = collector.accept(entry.fileName, kindOf(entry), entry.uncompressedSize);
        unpacked += kept === undefined ? 0 : entry.uncompressedSize;
        if (collector.full || unpacked > LIMITS.unpacked) throw tooMuch();
        if (kept === undefined) continue;
        const stream: Readable = await zip.openReadStreamPromise(entry);
        collector.add(kept, Buffer.concat(await stream.toArray()));
      }
    } finally {
      zip.close();
    }
  } catch (cause) {
    if (cause instanceof GraderError) throw cause;
    const message = `${path} is not a .zip that can be read. Ask for it again.`;
    throw new GraderError('BAD_ARCHIVE', message, { cause });
  }
  return collector.submission();
}

/** The upper half of the attributes is the Unix mode; 0 when the archive was made elsewhere. */
function kindOf({ externalFileAttributes }: Entry): 'file' | 'other' {
  const type = (externalFileAttributes >>> 16) & TYPE_MASK;
  return type === 0 || type === PLAIN ? 'file' : 'other';
}

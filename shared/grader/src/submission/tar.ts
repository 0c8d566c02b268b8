import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { GraderError } from '../errors.ts';
import { Collector, LIMITS, type Submission } from './files.ts';

/**
 * Reads a submission from a `.tar.gz`. Only plain files are taken; no link is made or followed.
 *
 * @throws GraderError `BAD_ARCHIVE` when it is damaged, or unpacks to too much.
 */
export async function readTar(path: string): Promise<Submission> {
  const collector = new Collector();
  const entries = extract();
  const read = async () => {
    for await (const entry of entries) {
      const { name, type, size } = entry.header;
      const kept = type === 'directory' ? undefined : collector.accept(name, kindOf(type), size);
      if (kept === undefined) entry.resume();
      else collector.add(kept, await bytesOf(entry));
      if (collector.full) throw tooMuch();
    }
  };
  try {
    await Promise.all([
      pipeline(createReadStream(path), createGunzip(), atMost(LIMITS.unpacked), entries),
      read(),
    ]);
  } catch (cause) {
    if (cause instanceof GraderError) throw cause;
    const message = `${path} is not a .tar.gz that can be read. Ask for it again.`;
    throw new GraderError('BAD_ARCHIVE', message, { cause });
  }
  return collector.submission();
}

async function bytesOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function kindOf(type: string | null | undefined): 'file' | 'other' {
  return type === 'file' || type === 'contiguous-file' ? 'file' : 'other';
}

/** A few kilobytes may unpack to terabytes. */
function atMost(limit: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes > limit) done(tooMuch());
      else done(null, chunk);
    },
  });
}

export function tooMuch(): GraderError {
  const megabytes = LIMITS.unpacked / 1024 ** 2;
  const message = `The archive has more than ${LIMITS.entries} entries or ${megabytes} MB. Ask for one without node_modules.`;
  return new GraderError('BAD_ARCHIVE', message);
}

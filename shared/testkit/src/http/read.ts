import type { Readable } from 'node:stream';

/** Bytes that a test reads of one body. A right answer has a hundredth of that. */
export const MOST_BYTES = 10_000_000;

/** A body has more than `MOST_BYTES`. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';

  constructor() {
    super(`the body has more than ${MOST_BYTES / 1e6} MB`);
  }
}

/**
 * The whole body as text. Throws `TooLarge`, and then closes the stream, so that an endless body fills no
 * memory.
 */
export async function readBody(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

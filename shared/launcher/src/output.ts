/** Default bound of what is kept of one stream, in bytes. */
export const KEPT_BYTES = 1_000_000;

/**
 * The last bytes of a stream, as whole lines. A program may print a gigabyte: chunks are kept
 * unread and the oldest are dropped, so that taking them in costs next to nothing.
 */
export class OutputRing {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #kept = 0;
  #dropped = 0;

  constructor(limit = KEPT_BYTES) {
    this.#limit = limit;
  }

  /** Bytes that were dropped because newer ones came. */
  get dropped(): number {
    return this.#dropped;
  }

  write(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    while (this.#kept > this.#limit) this.#dropOldest(this.#kept - this.#limit);
  }

  /** Bytes that came in all: a place in the stream for `lines(since)`. */
  get position(): number {
    return this.#dropped + this.#kept;
  }

  /** The lines that are kept, those behind `since` only; the last may still lack its end. */
  lines(since = 0): string[] {
    const all = Buffer.concat(this.#chunks);
    // Merged once, or each look at a chatty service would start from thousands of small chunks.
    this.#chunks = all.length > 0 ? [all] : [];
    const start = Math.max(0, since - this.#dropped);
    const lines = all.toString('utf8', start).split('\n');
    // What was dropped ended in the middle of a line.
    if (since < this.#dropped) lines.shift();
    if (lines.at(-1) === '') lines.pop();
    return lines;
  }

  #dropOldest(bytes: number): void {
    const [oldest] = this.#chunks;
    if (!oldest) return;
    if (oldest.length > bytes) this.#chunks[0] = oldest.subarray(bytes);
    else this.#chunks.shift();
    const gone = Math.min(oldest.length, bytes);
    this.#kept -= gone;
    this.#dropped += gone;
  }
}

const HEADER = 5;

export type OnMessage = (type: string, body: Buffer) => void;

/**
 * Cuts a stream of the Postgres protocol into messages: a letter, four bytes of length, a body.
 * Bodies of types that nobody wants are skipped without being kept, so that a large result costs
 * nothing. Source: PostgreSQL documentation, "Message Formats".
 */
export class Frames {
  readonly #wanted: string;
  readonly #onMessage: OnMessage;
  #rest: Buffer = Buffer.alloc(0);
  #skip = 0;

  /** `wanted`: the letters of the messages to hand over. */
  constructor(wanted: string, onMessage: OnMessage) {
    this.#wanted = wanted;
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (let taken = -1; bytes.length > 0 && taken !== 0; bytes = bytes.subarray(taken)) {
      taken = this.#take(bytes);
    }
    // A copy: a slice would hold on to the whole chunk.
    this.#rest = Buffer.from(bytes);
  }

  /** Reads one thing from the start of `bytes`; answers its length, 0 when more must come first. */
  #take(bytes: Buffer): number {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length);
      this.#skip -= skipped;
      return skipped;
    }
    if (bytes.length < HEADER) return 0;
    const type = bytes.toString('latin1', 0, 1);
    const end = 1 + bytes.readInt32BE(1);
    if (!this.#wanted.includes(type)) {
      this.#skip = end - HEADER;
      return HEADER;
    }
    if (bytes.length < end) return 0;
    this.#onMessage(type, bytes.subarray(HEADER, end));
    return end;
  }
}

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;

/** Whether the first bytes of a connection ask for encryption; the server answers with one byte. */
export function asksForEncryption(bytes: Buffer): boolean {
  if (bytes.length < 8) return false;
  const code = bytes.readInt32BE(4);
  return code === SSL_REQUEST || code === GSS_REQUEST;
}

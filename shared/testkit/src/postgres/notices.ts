import type { Tap } from '../network/tcp-proxy.ts';
import { asksForEncryption, Frames } from './frames.ts';

/** A NoticeResponse. */
export interface Notice {
  readonly severity: string;
  readonly message: string;
}

const REFUSED = 'N'.charCodeAt(0);

/** Reads the notices out of what a Postgres server sends over one connection. */
export class NoticeReader {
  readonly #frames: Frames;
  #started = false;
  /** Answers to requests for encryption that are to come: one byte each, before any message. */
  #bare = 0;
  #encrypted = false;

  constructor(onNotice: (notice: Notice) => void) {
    this.#frames = new Frames('N', (_type, body) => onNotice(readNotice(body)));
  }

  /** For `TcpProxy`. */
  get tap(): Tap {
    return {
      toServer: (chunk) => this.#fromClient(chunk),
      toClient: (chunk) => this.#fromServer(chunk),
    };
  }

  /** The connection went over to TLS: nothing can be read. */
  get encrypted(): boolean {
    return this.#encrypted;
  }

  #fromClient(chunk: Buffer): void {
    if (this.#started) return;
    if (asksForEncryption(chunk)) this.#bare += 1;
    else this.#started = true;
  }

  #fromServer(chunk: Buffer): void {
    const answers = Math.min(this.#bare, chunk.length);
    this.#bare -= answers;
    this.#encrypted ||= chunk.subarray(0, answers).some((byte) => byte !== REFUSED);
    if (!this.#encrypted) this.#frames.push(chunk.subarray(answers));
  }
}

/** The fields are a letter and a string that ends in a zero byte; another zero byte ends them. */
function readNotice(body: Buffer): Notice {
  const fields = new Map<string, string>();
  for (const field of body.toString('utf8').split('\0')) {
    if (field !== '') fields.set(field.charAt(0), field.slice(1));
  }
  return { severity: fields.get('V') ?? '', message: fields.get('M') ?? '' };
}

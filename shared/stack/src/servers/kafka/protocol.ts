import { isUnprotected, reason, ServerTrouble } from '../../errors.ts';
import { exchange } from '../../wire.ts';
import type { KafkaAddress, Login } from './address.ts';

/** One request of Kafka's protocol. https://kafka.apache.org/protocol */
export interface Request {
  readonly api: number;
  readonly version: number;
  /** Its version has the newer encoding: compact lengths and tagged fields. */
  readonly flexible?: true;
  readonly body: Buffer;
}

const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;
/** What a broker answers to a handshake on a listener that asks for no login. */
const ILLEGAL_SASL_STATE = 34;

/**
 * Logs in with SASL/PLAIN, if the address has a login, and sends one request; to each broker of the
 * list in turn, until one gives an answer that `read` accepts.
 * Throws `ServerTrouble`, with `UNPROTECTED` if a broker asks for no login.
 */
export async function ask<T>(
  { brokers, login }: KafkaAddress,
  request: Request,
  read: (answer: Reader) => T,
  timeoutMs: number,
): Promise<T> {
  const failures: unknown[] = [];
  const requests = [...(login === undefined ? [] : loggingIn(login)), request];
  for (const broker of brokers) {
    const [host = '', port] = broker.split(':');
    try {
      const answer = await exchange(
        { host, port: Number(port) },
        Buffer.concat(requests.map(frame)),
        (received) => lastAnswer(received, requests),
        timeoutMs,
      );
      return read(answer);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new ServerTrouble(
    failures.some(isUnprotected) ? 'UNPROTECTED' : 'CHECK_FAILED',
    failures.map((error, index) => `${brokers[index]}: ${reason(error)}`).join('; '),
  );
}

function loggingIn({ username, password }: Login): Request[] {
  const token = Buffer.from(`\0${username}\0${password}`);
  return [
    { api: SASL_HANDSHAKE, version: 1, body: string('PLAIN') },
    { api: SASL_AUTHENTICATE, version: 1, body: Buffer.concat([int32(token.length), token]) },
  ];
}

function frame({ api, version, flexible, body }: Request, correlation: number): Buffer {
  const content = Buffer.concat([
    int16(api),
    int16(version),
    int32(correlation),
    string('labs'),
    flexible ? NO_TAGS : Buffer.alloc(0),
    body,
  ]);
  return Buffer.concat([int32(content.length), content]);
}

/** Answers come in the order of the requests. Undefined until the last one is complete. */
function lastAnswer(received: Buffer, requests: readonly Request[]): Reader | undefined {
  let at = 0;
  for (const [index, { api, flexible }] of requests.entries()) {
    if (received.length < at + 4) return undefined;
    const end = at + 4 + received.readInt32BE(at);
    if (received.length < end) return undefined;
    const answer = new Reader(received.subarray(at + 4, end));
    if (answer.int32() !== index)
      throw new ServerTrouble('CHECK_FAILED', 'it does not speak Kafka');
    if (flexible) answer.tags();
    if (api === SASL_HANDSHAKE) needHandshake(answer);
    else if (api === SASL_AUTHENTICATE) needLogin(answer);
    else return answer;
    at = end;
  }
  return undefined;
}

function needHandshake(answer: Reader): void {
  const code = answer.int16();
  if (code === ILLEGAL_SASL_STATE) throw new ServerTrouble('UNPROTECTED', 'it asks for no login');
  if (code !== 0)
    throw new ServerTrouble('CHECK_FAILED', 'it does not accept a login by SASL/PLAIN');
}

function needLogin(answer: Reader): void {
  if (answer.int16() === 0) return;
  throw new ServerTrouble(
    'CHECK_FAILED',
    `Kafka says ${answer.string() || 'the login is refused'}`,
  );
}

const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};

export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const string = (text: string): Buffer =>
  Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);

/** Of a flexible version: the end of each structure without optional fields. */
export const NO_TAGS = Buffer.alloc(1);

/** Of a flexible version: text or bytes, at most 126. */
export const compact = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length + 1]), bytes]);
};

/** Of a flexible version: at most 126 structures. */
export const compactArray = (items: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([items.length + 1]), ...items]);

/** Reads the fields of an answer, one after another. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#take(1).readInt8();
  }

  int16(): number {
    return this.#take(2).readInt16BE();
  }

  int32(): number {
    return this.#take(4).readInt32BE();
  }

  /** Empty if it is null. */
  string(): string {
    return this.#take(Math.max(0, this.int16())).toString('utf8');
  }

  /** Empty if it is null. */
  compactString(): string {
    return this.#take(Math.max(0, this.#varint() - 1)).toString('utf8');
  }

  compactArray<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.#varint() - 1) }, item);
  }

  /** Steps over optional fields. */
  tags(): void {
    for (let left = this.#varint(); left > 0; left -= 1) {
      this.#varint();
      this.#take(this.#varint());
    }
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#take(1).readUInt8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

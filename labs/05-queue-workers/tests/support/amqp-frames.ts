const END = 0xce;
const METHOD = 1;
const HEADER = 2;
/** Type, channel, size; the payload; the end mark. AMQP 0-9-1, 4.2.3. */
const AROUND = 8;
const PROTOCOL_HEADER = 8;

/** A method that one side sent the other, as far as the tests read it. */
export interface Method {
  /** `basic.publish`; `<class>.<method>` in numbers for those that nobody here reads. */
  readonly name: string;
  readonly channel: number;
  /** Of `basic.qos`. */
  readonly prefetch?: number;
  /** Of `basic.publish`. */
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly mandatory?: boolean;
  /** Of `basic.consume`: deliveries count as acknowledged. */
  readonly noAck?: boolean;
  /** Of `queue.declare`, unless it only asks whether there is one. */
  readonly declares?: { readonly queue: string; readonly durable: boolean };
  /** Of `basic.deliver`. */
  readonly redelivered?: boolean;
  /** Of `channel.close`. */
  readonly code?: number;
  readonly text?: string;
}

/** What is known of a message before its body. */
export interface ContentHeader {
  readonly channel: number;
  /** Its own time to live, in milliseconds, when it has one. */
  readonly expiration?: string;
  /** It outlives the broker, in a queue that does. */
  readonly persistent: boolean;
}

export type Frame = (
  | ({ readonly type: 'method' } & Method)
  | ({ readonly type: 'header' } & ContentHeader)
) & {
  /** Bytes of the chunk that it came with, up to its end. */
  readonly end: number;
};

const NAMES: Readonly<Record<string, string>> = {
  '10.10': 'connection.start',
  '10.50': 'connection.close',
  '20.10': 'channel.open',
  '20.40': 'channel.close',
  '50.10': 'queue.declare',
  '60.10': 'basic.qos',
  '60.20': 'basic.consume',
  '60.30': 'basic.cancel',
  '60.40': 'basic.publish',
  '60.50': 'basic.return',
  '60.60': 'basic.deliver',
  '60.80': 'basic.ack',
  '60.90': 'basic.reject',
  '60.120': 'basic.nack',
  '85.10': 'confirm.select',
  '90.10': 'tx.select',
};

/** Cuts one direction of a connection into frames. Bytes of an unfinished frame wait for the rest. */
export class FrameReader {
  #rest = Buffer.alloc(0);
  #greeted: boolean;

  /** A client says `AMQP 0 0 9 1` before its first frame. */
  constructor({ client }: { client: boolean }) {
    this.#greeted = !client;
  }

  read(chunk: Buffer): Frame[] {
    let bytes = Buffer.concat([this.#rest, chunk]);
    if (!this.#greeted && bytes.length >= PROTOCOL_HEADER) {
      bytes = bytes.subarray(PROTOCOL_HEADER);
      this.#greeted = true;
    }
    const frames: Frame[] = [];
    while (this.#greeted && bytes.length >= AROUND) {
      const size = bytes.readUInt32BE(3) + AROUND;
      if (bytes.length < size) break;
      if (bytes[size - 1] !== END) throw new Error('these bytes are not AMQP frames');
      const frame = readFrame(bytes.subarray(0, size));
      bytes = bytes.subarray(size);
      if (frame) frames.push({ ...frame, end: chunk.length - bytes.length });
    }
    this.#rest = bytes;
    return frames;
  }
}

function readFrame(frame: Buffer) {
  const channel = frame.readUInt16BE(1);
  const payload = frame.subarray(7, -1);
  if (frame[0] === METHOD) return { type: 'method', channel, ...readMethod(payload) } as const;
  if (frame[0] === HEADER) return { type: 'header', channel, ...readHeader(payload) } as const;
  return undefined;
}

const [CONTENT_TYPE, ENCODING, HEADERS, DELIVERY_MODE] = [0x8000, 0x4000, 0x2000, 0x1000];
const [PRIORITY, CORRELATION_ID, REPLY_TO, EXPIRATION] = [0x0800, 0x0400, 0x0200, 0x0100];
const PERSISTENT = 2;

/** Flags stand behind class, weight and size, then the properties that they announce, in that order. */
function readHeader(payload: Buffer): Omit<ContentHeader, 'channel'> {
  const flags = payload.readUInt16BE(12);
  const values = new Arguments(payload.subarray(14));
  if (flags & CONTENT_TYPE) values.shortString();
  if (flags & ENCODING) values.shortString();
  if (flags & HEADERS) values.skip(values.long());
  const mode = flags & DELIVERY_MODE ? values.byte() : undefined;
  if (flags & PRIORITY) values.skip(1);
  if (flags & CORRELATION_ID) values.shortString();
  if (flags & REPLY_TO) values.shortString();
  const expires = (flags & EXPIRATION) !== 0 && { expiration: values.shortString() };
  return { persistent: mode === PERSISTENT, ...expires };
}

function readMethod(payload: Buffer): Omit<Method, 'channel'> {
  const numbers = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
  const name = NAMES[numbers] ?? numbers;
  const values = new Arguments(payload.subarray(4));
  switch (name) {
    case 'queue.declare': {
      values.skip(2);
      const queue = values.shortString();
      const bits = values.byte();
      return (bits & 1) === 0 ? { name, declares: { queue, durable: (bits & 2) !== 0 } } : { name };
    }
    case 'basic.qos':
      values.skip(4);
      return { name, prefetch: values.short() };
    case 'basic.consume': {
      values.skip(2);
      values.shortString();
      values.shortString();
      return { name, noAck: (values.byte() & 2) !== 0 };
    }
    case 'basic.publish': {
      values.skip(2);
      const exchange = values.shortString();
      const routingKey = values.shortString();
      return { name, exchange, routingKey, mandatory: (values.byte() & 1) !== 0 };
    }
    case 'basic.deliver':
      values.shortString();
      values.skip(8);
      return { name, redelivered: (values.byte() & 1) !== 0 };
    case 'channel.close':
      return { name, code: values.short(), text: values.shortString() };
    default:
      return { name };
  }
}

/** Reads the arguments of a method, one after the other. */
class Arguments {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  byte(): number {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1);
  }

  short(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  long(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  shortString(): string {
    const length = this.byte();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }
}

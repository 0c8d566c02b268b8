import { type Cut, type Direction, type Passage, type Tap, TcpProxy } from '@backend-labs/testkit';
import { type ContentHeader, FrameReader, type Method } from './amqp-frames.ts';

/**
 * Sees a method before it goes on; may hold it, or answer `'cut'` to end the connection before it, or
 * `{ lastUntil }` to let it go on and nothing behind it: the other side sees the end when that settles.
 */
export type Before = (method: Method, direction: Direction) => Verdict | Promise<Verdict>;
type Verdict = Cut | { readonly lastUntil: Promise<unknown> };

const SETTLES = ['basic.ack', 'basic.nack', 'basic.reject'];

/** A message that the program published, and where. */
export interface Publication extends ContentHeader {
  readonly exchange: string | undefined;
  readonly routingKey: string | undefined;
}

/** One connection. */
interface Line {
  /** Until this settles it carries nothing, and after that it ends. */
  silence?: Promise<void>;
}

/** The line between a program and the broker: what each says to the other, and a place to cut it. */
export class AmqpWire implements AsyncDisposable {
  /** By the program, in order. */
  readonly sent: Method[] = [];
  /** By the broker, in order. */
  readonly received: Method[] = [];
  /** What the program published, in order. */
  readonly published: Publication[] = [];
  before: Before = () => {};
  readonly #ever = new Map<string, number>();
  readonly #fleeting: string[] = [];
  readonly #lines = new Set<Line>();
  #held = 0;
  readonly #proxy: TcpProxy;
  readonly #url: string;

  private constructor(proxy: TcpProxy, url: string) {
    this.#proxy = proxy;
    this.#url = proxy.rewrite(url);
  }

  static async open(url: string): Promise<AmqpWire> {
    const told: { wire?: AmqpWire } = {};
    const proxy = await TcpProxy.to(url, () => told.wire?.tap() ?? {});
    told.wire = new AmqpWire(proxy, url);
    return told.wire;
  }

  /** For a program whose line this is. */
  get env(): Readonly<Record<string, string>> {
    return { AMQP_URL: this.#url };
  }

  /** How many connections there ever were, those that nobody answered too. */
  get connections(): number {
    return this.#proxy.accepted;
  }

  /** How often the program said it. */
  count(name: string): number {
    return this.sent.filter((method) => method.name === name).length;
  }

  /** How often the program has ever said it, whatever was cleared since. */
  ever(name: string): number {
    return this.#ever.get(name) ?? 0;
  }

  /** How many messages the program has acknowledged or given back. */
  get settled(): number {
    return SETTLES.reduce((sum, name) => sum + this.count(name), 0);
  }

  /**
   * How many messages the program's last connection was given and has not settled. One that settles
   * several at once seems to hold more than it does.
   */
  get held(): number {
    return this.#held;
  }

  /** The broker's refusal that closed a channel, if there was one. */
  get refusal(): Method | undefined {
    return this.received.find(({ name }) => name === 'channel.close');
  }

  /** What of the program's would not outlive a restart of the broker, whatever was cleared since. */
  get fleeting(): readonly string[] {
    return this.#fleeting;
  }

  /** Breaks the line where it is. The program can make a new one. */
  cut(): void {
    this.#proxy.cut();
  }

  /** Breaks the line, and never greets a client that connects. Disposing: later ones are. */
  greetNobody(): AsyncDisposable {
    this.#proxy.ignore();
    this.#proxy.cut();
    return { [Symbol.asyncDispose]: () => this.#proxy.resume() };
  }

  /**
   * The connections that are open carry nothing any more, in neither direction, and stay open: a
   * black hole. New ones work. Disposing ends them; what they held never arrives.
   */
  silence(): Disposable {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const line of this.#lines) line.silence = promise;
    return { [Symbol.dispose]: resolve };
  }

  /** Forgets what was said so far. */
  clear(): void {
    this.sent.length = 0;
    this.received.length = 0;
    this.published.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
  }

  private tap(): Tap {
    this.#held = 0;
    const line: Line = {};
    this.#lines.add(line);
    return { toServer: this.look('toServer', line), toClient: this.look('toClient', line) };
  }

  private look(direction: Direction, line: Line): (chunk: Buffer) => Promise<Passage> {
    const reader = new FrameReader({ client: direction === 'toServer' });
    /** By channel, the last that was published there: its header comes next. */
    const publishes = new Map<number, Method>();
    return async (chunk) => {
      if (line.silence) {
        await line.silence;
        return 'cut';
      }
      let passage: Passage = undefined;
      for (const frame of reader.read(chunk)) {
        if (frame.type === 'header') {
          if (direction === 'toServer') this.#onHeader(frame, publishes.get(frame.channel));
          continue;
        }
        if (frame.name === 'basic.publish') publishes.set(frame.channel, frame);
        if (frame.declares && !frame.declares.durable) {
          this.#fleeting.push(`the queue ${frame.declares.queue}, not durable`);
        }
        (direction === 'toServer' ? this.sent : this.received).push(frame);
        if (direction === 'toServer') this.#ever.set(frame.name, this.ever(frame.name) + 1);
        if (frame.name === 'basic.deliver') this.#held += 1;
        if (direction === 'toServer' && SETTLES.includes(frame.name)) this.#held -= 1;
        const verdict = await this.before(frame, direction);
        if (typeof verdict === 'object') return { last: frame.end, until: verdict.lastUntil };
        passage = verdict ?? passage;
      }
      return passage;
    };
  }

  #onHeader(header: ContentHeader, publish: Method | undefined): void {
    this.published.push({
      ...header,
      exchange: publish?.exchange,
      routingKey: publish?.routingKey,
    });
    if (!header.persistent) this.#fleeting.push('a message, not persistent');
  }
}

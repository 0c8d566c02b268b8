import type { Cut, Tap } from '../network/tcp-proxy.ts';
import { asksForEncryption, Frames } from './frames.ts';

/**
 * A tap that is told each statement before Postgres is, with its parameters still as `$1`. It may
 * hold it at a gate, or answer `'cut'`: then it never arrives, as when the service dies just before.
 *
 * ```ts
 * const proxy = await TcpProxy.to(url, () => beforeStatement(async (sql) => {
 *   if (sql !== 'COMMIT') return;
 *   await service.kill();
 *   return 'cut';
 * }));
 * ```
 */
export function beforeStatement(look: (sql: string) => Cut | Promise<Cut>): Tap {
  const reader = new StatementReader();
  return {
    async toServer(chunk) {
      for (const sql of reader.read(chunk)) if ((await look(sql)) === 'cut') return 'cut';
      return undefined;
    },
  };
}

/** Reads what a client is about to run on one connection, by simple and extended queries alike. */
class StatementReader {
  readonly #prepared = new Map<string, string>();
  readonly #frames = new Frames('QPB', (type, body) => this.#onMessage(type, body));
  #found: string[] = [];
  #started = false;

  read(chunk: Buffer): string[] {
    if (this.#started) this.#frames.push(chunk);
    else this.#readStart(chunk);
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** The start-up message has no letter. Clients wait for its answer, so it comes alone. */
  #readStart(chunk: Buffer): void {
    this.#started = !asksForEncryption(chunk);
  }

  #onMessage(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('utf8').split('\0', 2);
    // Query: the text. Parse: a name and the text. Bind: a portal and the name.
    if (type === 'P') this.#prepared.set(first, second);
    else this.#found.push((type === 'Q' ? first : this.#prepared.get(second)) ?? '');
  }
}

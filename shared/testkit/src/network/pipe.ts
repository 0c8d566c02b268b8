import type { Socket } from 'node:net';

/** `'cut'`: the bytes do not go on, and the connection is reset. */
export type Cut = 'cut' | void;

/**
 * `{ last }`: so many of the bytes go on and none behind them, as when the sender dies there: it is
 * reset, and the other side sees the end. A server may drop what it reads right before an end; to be
 * sure that it was heard, have the end wait `until` the server has shown so.
 */
export type Passage = Cut | { readonly last: number; readonly until?: Promise<unknown> };

/** Sees a chunk before it goes on; a promise holds the chunk until it settles. */
export type Look = (chunk: Buffer) => Passage | Promise<Passage>;

export interface PipeOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly look?: Look | undefined;
  /** Told of what `look` threw; the connection is broken then. */
  readonly onBug: (error: unknown) => void;
}

/** Moves bytes from one socket to another, in order, at the pace of the slower, as long as it may. */
export class Pipe {
  readonly #options: PipeOptions;
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(options: PipeOptions) {
    this.#options = options;
    void this.#run();
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  async #run(): Promise<void> {
    const { from, to } = this.#options;
    try {
      // The other direction goes on when this one ends, so the socket must outlive its reader.
      for await (const chunk of from.iterator({ destroyOnReturn: false })) {
        await this.#paused?.promise;
        const passage = await this.#look(chunk as Buffer);
        if (passage !== undefined) {
          from.resetAndDestroy();
          if (passage === 'cut') return void to.resetAndDestroy();
          to.write((chunk as Buffer).subarray(0, passage.last));
          await passage.until;
          to.end();
          return;
        }
        await this.#paused?.promise;
        // Nobody reads what comes for one that is gone, but the look sees it.
        if (!to.write(chunk) && !to.destroyed) await drained(to);
      }
      await this.#paused?.promise;
      to.end();
    } catch {
      // The connection broke; whoever holds the two sockets hears of it from them.
    }
  }

  async #look(chunk: Buffer): Promise<Passage> {
    const { look, onBug } = this.#options;
    try {
      return await look?.(chunk);
    } catch (error) {
      onBug(error);
      return 'cut';
    }
  }
}

function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    socket.off('drain', done).off('close', done);
    resolve();
  };
  socket.once('drain', done).once('close', done);
  return promise;
}

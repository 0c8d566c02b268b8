/** How long something may take without a message, in ms. */
const PATIENCE = 1000;

/**
 * Prints what the command waits for, once it has waited longer than a second. On a terminal this is
 * one line that disappears again; elsewhere it is printed once.
 */
export class Waiting implements Disposable {
  #text: string;
  #shown = false;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #stream = process.stderr;

  constructor(text: string) {
    this.#text = text;
    this.#timer = setInterval(() => this.#show(), PATIENCE);
    this.#timer.unref();
  }

  /** Sets what it waits for now. This is printed even without a terminal. */
  readonly say = (text: string): void => {
    if (text === this.#text) return;
    this.#text = text;
    if (performance.now() - this.#started < PATIENCE) return;
    this.#shown = this.#shown && this.#stream.isTTY;
    this.#show();
  };

  /** Sets the progress. This is printed only on a terminal. */
  tick(text: string): void {
    this.#text = text;
    if (this.#stream.isTTY && performance.now() - this.#started >= PATIENCE) this.#show();
  }

  /** Makes room on a terminal for a line that stays. */
  clear(): void {
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #show(): void {
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    if (this.#stream.isTTY) {
      const room = (this.#stream.columns || 80) - 12;
      this.#stream.write(`\r\x1b[K${this.#text.slice(0, room)} … ${seconds} s`);
    } else if (!this.#shown) {
      this.#stream.write(`${this.#text} …\n`);
    }
    this.#shown = true;
  }
}

/** How long something may take in silence, in ms. */
const PATIENCE = 1000;

/**
 * Says what is being waited for, once it has taken longer than a second: on a terminal as one line
 * that goes away again, elsewhere as a line of its own.
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

  /** What it waits for now: news, also without a terminal. */
  readonly say = (text: string): void => {
    if (text === this.#text) return;
    this.#text = text;
    if (performance.now() - this.#started < PATIENCE) return;
    this.#shown = this.#shown && this.#stream.isTTY;
    this.#show();
  };

  /** How far it is, for those who look. */
  tick(text: string): void {
    this.#text = text;
    if (this.#stream.isTTY && performance.now() - this.#started >= PATIENCE) this.#show();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
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

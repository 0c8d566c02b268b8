import { emitKeypressEvents, type Key } from 'node:readline';

/** Reads the terminal's keys, one at a time, until it is disposed. */
export class Keyboard implements Disposable {
  readonly #press: (name: string) => void;
  readonly #handler = (_text: string | undefined, key: Key): void => {
    this.#press(key.ctrl && key.name === 'c' ? 'q' : (key.name ?? ''));
  };

  constructor(press: (name: string) => void) {
    this.#press = press;
    emitKeypressEvents(process.stdin);
    this.resume();
  }

  /** Gives the terminal to another program. */
  pause(): void {
    process.stdin.off('keypress', this.#handler);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  resume(): void {
    process.stdin.setRawMode(true);
    process.stdin.on('keypress', this.#handler);
    process.stdin.resume();
  }

  [Symbol.dispose](): void {
    this.pause();
  }
}

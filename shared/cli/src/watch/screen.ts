const CLEAR = '\x1b[2J\x1b[3J\x1b[H';

/** A view that fills the terminal. It is drawn again when the terminal changes its size. */
export class Screen implements Disposable {
  #view: () => string = () => '';
  #hidden = false;
  readonly #redraw = (): void => this.#draw();

  constructor() {
    process.stdout.on('resize', this.#redraw);
  }

  /** @param view called at each drawing, so that it wraps to the current width. */
  show(view: () => string): void {
    this.#view = view;
    this.#draw();
  }

  /** Stops drawing while another program has the terminal. */
  hide(): void {
    this.#hidden = true;
  }

  unhide(): void {
    this.#hidden = false;
    this.#draw();
  }

  [Symbol.dispose](): void {
    process.stdout.off('resize', this.#redraw);
  }

  #draw(): void {
    if (!this.#hidden) process.stdout.write(CLEAR + this.#view() + '\n');
  }
}

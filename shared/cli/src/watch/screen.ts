/** The lines that are in sight, and not those that were scrolled out of it. */
const CLEAR = '\x1b[H\x1b[2J';

/** A view that fills the terminal. It is drawn again when the terminal changes its size. */
export class Screen implements Disposable {
  #view: () => string = () => '';
  #hidden = false;
  #shown = '';
  /** A terminal that knows no escapes: views are written one below the other. */
  readonly isPlain = process.env['TERM'] === 'dumb';
  readonly #redraw = (): void => this.#draw();

  constructor() {
    // What the terminal shows now is kept above.
    if (!this.isPlain) process.stdout.write('\n'.repeat(process.stdout.rows || 24));
    process.stdout.on('resize', this.#redraw);
  }

  /** @param view called at each drawing, so that it wraps to the current width. */
  show(view: () => string): void {
    this.#view = view;
    this.#draw();
  }

  /** Stops drawing: another program has the terminal, or the watch ends. */
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
    if (this.#hidden) return;
    const text = this.#view() + '\n';
    if (!this.isPlain) process.stdout.write(CLEAR + text);
    else if (text !== this.#shown) process.stdout.write(`\n${text}`);
    this.#shown = text;
  }
}

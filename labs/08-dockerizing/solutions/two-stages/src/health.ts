import type { RequestHandler } from 'express';
import type { Pool } from 'pg';

/** How often the database is asked, and how long it may take, in milliseconds. */
const EVERY_MS = 500;

/** `GET /healthz`: the event loop turns, or nobody would answer. */
export const alive: RequestHandler = (_req, res) => {
  res.json({ status: 'ok' });
};

/**
 * Whether requests are welcome. The database is asked in the background, so that a check costs
 * nothing, however many come, and never waits.
 */
export class Readiness {
  readonly #pool: Pool;
  readonly #timer: NodeJS.Timeout;
  #answered = 0;
  #asking = false;
  #stopping = false;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#timer = setInterval(() => void this.#ask(), EVERY_MS);
    void this.#ask();
  }

  /** From now on no request is welcome. */
  stop(): void {
    this.#stopping = true;
    clearInterval(this.#timer);
  }

  /** `GET /readyz`. */
  readonly handler: RequestHandler = (_req, res) => {
    const fresh = performance.now() - this.#answered < 4 * EVERY_MS;
    const status = this.#stopping ? 'stopping' : fresh ? 'ok' : 'no database';
    res.status(status === 'ok' ? 200 : 503).json({ status });
  };

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await this.#pool.query('SELECT 1');
      this.#answered = performance.now();
    } catch {
      this.#answered = 0;
    } finally {
      this.#asking = false;
    }
  }
}

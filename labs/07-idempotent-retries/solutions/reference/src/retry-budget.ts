const BURST = 10;
const RETRIES_PER_REQUEST = 0.1;

/**
 * Retries that a process may make: ten, and one more for each ten requests. When everything fails,
 * the provider gets a tenth more calls than before and not three times as many.
 * Source: Google, "Site Reliability Engineering", chapter 21, "Client-side throttling" and retries.
 */
export class RetryBudget {
  #tokens = BURST;

  /** Counts a request. */
  earn(): void {
    this.#tokens += RETRIES_PER_REQUEST;
  }

  /** Whether one more retry may be made; takes it. */
  spend(): boolean {
    // A sum of tenths is a little less than it says.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}

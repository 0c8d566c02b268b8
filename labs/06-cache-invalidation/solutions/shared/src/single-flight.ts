/** Lets requests for the same thing share one load, as long as it is in progress. */
export class SingleFlight {
  readonly #loads = new Map<string, Promise<unknown>>();

  /**
   * @param key everything that two requests must have in common to share a load.
   * @throws whatever the load throws, in every request that shares it.
   */
  share<T>(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#loads.get(key);
    if (known) return known as Promise<T>;
    const started = load().finally(() => this.#loads.delete(key));
    this.#loads.set(key, started);
    return started;
  }
}

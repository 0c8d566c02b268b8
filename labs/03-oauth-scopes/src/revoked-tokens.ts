/** The ids of tokens that were given up before they ended. */
export class RevokedTokens {
  readonly #ids = new Set<string>();

  has(jti: string): boolean {
    return this.#ids.has(jti);
  }

  add(jti: string): void {
    this.#ids.add(jti);
  }
}

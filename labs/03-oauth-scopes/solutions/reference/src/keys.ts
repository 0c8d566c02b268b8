import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';
import { HttpError } from './errors.ts';
import type { Settings } from './settings.ts';

interface KeySet {
  readonly keys: readonly (JsonWebKeyInput['key'] & { readonly kid?: string })[];
}

const FETCH_WITHIN_MS = 3_000;

/** The issuer's keys. They are fetched when they are needed, and seldom. */
export class Keys {
  readonly #settings: Settings;
  #known = new Map<string, KeyObject>();
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * The key of that name, or `undefined` if the issuer has none.
   * Throws `HttpError` 503 if the issuer cannot be asked.
   */
  async find(kid: string): Promise<KeyObject | undefined> {
    const { jwksCooldownMs, jwksMaxAgeMs } = this.#settings;
    const age = performance.now() - this.#fetchedAt;
    const known = this.#known.get(kid);
    // The sender chooses the kid: an unknown one is worth a fetch only if there may be new keys.
    if (age < (known ? jwksMaxAgeMs : jwksCooldownMs)) return known;
    try {
      // Requests that come meanwhile wait for the same fetch.
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
      await this.#fetching;
    } catch {
      throw new HttpError(503, 'cannot verify tokens now');
    }
    return this.#known.get(kid);
  }

  async #fetch(): Promise<void> {
    const answer = await fetch(this.#settings.jwksUrl, {
      signal: AbortSignal.timeout(FETCH_WITHIN_MS),
    });
    if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`);
    const { keys } = (await answer.json()) as KeySet;
    this.#known = new Map(
      keys.flatMap((key) => (key.kid ? [[key.kid, createPublicKey({ key, format: 'jwk' })]] : [])),
    );
    this.#fetchedAt = performance.now();
  }
}

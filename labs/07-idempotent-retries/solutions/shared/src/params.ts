import type { Request } from 'express';
import { BadRequest } from './errors.ts';

/** The account that the gateway put on the request, after it had checked the session. */
export function accountOf(req: Request): number {
  const account = Number(req.get('x-account-id'));
  if (!Number.isSafeInteger(account) || account < 1) {
    throw new BadRequest('the header X-Account-Id must be an account number');
  }
  return account;
}

/** The client's name for what it wants done. */
export function keyOf(req: Request): string {
  const key = req.get('idempotency-key');
  if (key === undefined) throw new BadRequest('the header Idempotency-Key is required');
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new BadRequest('an Idempotency-Key is 1 to 255 visible ASCII characters');
  }
  return key;
}

/** What a client asks to be charged. */
export interface ChargeOrder {
  /** In the currency's smallest unit. */
  readonly amount: number;
  readonly currency: string;
  /** A card, as the provider names it. */
  readonly source: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads the body of `POST /v1/charges`. */
export function chargeOrderOf(body: unknown): ChargeOrder {
  if (!isObject(body)) throw new BadRequest('the body must be a JSON object');
  const { amount, currency, source, metadata = {} } = body;
  if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 1 || amount > 1e9) {
    throw new BadRequest('amount must be a whole number from 1 to 1000000000');
  }
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    throw new BadRequest('currency must be three capital letters');
  }
  if (typeof source !== 'string' || !/^\w{1,64}$/.test(source)) {
    throw new BadRequest('source must be 1 to 64 letters, digits or _');
  }
  if (!isTexts(metadata)) throw new BadRequest('metadata must be an object of texts');
  return { amount, currency, source, metadata };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

import type { RequestHandler, Response } from 'express';
import { toCharge } from './charge.ts';
import { findCharge, insertCharge, leaseCharge, type OpenCharge } from './charge-store.ts';
import type { Deps } from './deps.ts';
import { HttpError } from './errors.ts';
import { makeCharge } from './make-charge.ts';
import { accountOf, chargeOrderOf, keyOf } from './params.ts';

/** `POST /v1/charges`: charges a card once for each key of an account. */
export function createCharge(deps: Deps): RequestHandler {
  const { pool, settings } = deps;
  return async (req, res) => {
    const account = accountOf(req);
    const key = keyOf(req);
    const order = chargeOrderOf(req.body);

    const inserted = await insertCharge(pool, settings.claimLeaseMs, account, key, order);
    const charge = inserted ?? (await findCharge(pool, account, key, order));
    if (!charge) throw busy(res);
    if ('same_order' in charge && charge.same_order === false) {
      throw new HttpError(422, 'this Idempotency-Key was used for another request');
    }
    if (charge.outcome) {
      res.set('idempotent-replayed', 'true');
      sendFirstAnswer(res, charge);
      return;
    }
    const leased = inserted ?? (await leaseCharge(pool, settings.claimLeaseMs, charge.id));
    if (!leased) throw busy(res);

    const made = await makeCharge(deps, leased, {
      isNew: inserted !== undefined,
      gone: hungUp(res),
    });
    switch (made.kind) {
      case 'settled':
        sendFirstAnswer(res, made.charge);
        return;
      case 'open':
        res.status(202).json({ charge: toCharge({ ...leased, status: 'pending' }) });
        return;
      case 'refused':
        res.set('retry-after', retryAfter(made.retryAfter));
        throw new HttpError(503, 'the provider takes no charges at the moment');
    }
  };
}

/** The same bytes each time: made of columns that never change once there is an outcome. */
function sendFirstAnswer(res: Response, charge: OpenCharge): void {
  const status = charge.outcome ?? 'pending';
  res.status(status === 'declined' ? 402 : 201);
  res.json({ charge: toCharge({ ...charge, status, refunded: 0 }) });
}

/** Whole seconds. Nobody can say when a person will have done something: a minute, then. */
function retryAfter(seconds: number): string {
  return String(Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : 60);
}

function busy(res: Response): HttpError {
  res.set('retry-after', '1');
  return new HttpError(409, 'a request with this Idempotency-Key is under way');
}

function hungUp(res: Response): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone.signal;
}

import type { RequestHandler, Response } from 'express';
import { toCharge } from './charge.ts';
import type { Deps } from './deps.ts';
import { HttpError } from './errors.ts';
import { claimKey, type StoredAnswer } from './idempotency.ts';
import { accountOf, chargeOrderOf, keyOf } from './params.ts';
import { settleCharge } from './settle-charge.ts';

/** `POST /v1/charges`: charges a card once for each key of an account. */
export function createCharge(deps: Deps): RequestHandler {
  const { pool, settings } = deps;
  return async (req, res) => {
    const claimed = await claimKey(pool, {
      account: accountOf(req),
      key: keyOf(req),
      order: chargeOrderOf(req.body),
      leaseMs: settings.claimLeaseMs,
    });
    switch (claimed.state) {
      case 'other payload':
        throw new HttpError(422, 'this Idempotency-Key was used for another request');
      case 'running':
        res.set('retry-after', '1');
        throw new HttpError(409, 'a request with this Idempotency-Key is under way');
      case 'done':
        res.set('idempotent-replayed', 'true');
        send(res, claimed.answer);
        return;
      case 'yours':
    }
    const settled = await settleCharge(deps, claimed.claim, goneSignal(res));
    switch (settled.state) {
      case 'final':
        send(res, settled);
        return;
      case 'pending':
        res.status(202).json({ charge: toCharge(settled.charge) });
        return;
      case 'not processed':
        res.set('retry-after', String(Math.max(1, Math.ceil(settled.retryAfterMs / 1000))));
        throw new HttpError(503, 'the provider takes no charges at the moment');
    }
  };
}

function send(res: Response, { status, body }: StoredAnswer): void {
  res.status(status).type('json').send(body);
}

/** Aborted when the caller hangs up before the answer is out. */
function goneSignal(res: Response): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone.signal;
}

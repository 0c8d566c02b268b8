import type { RequestHandler, Response } from 'express';
import { toCharge } from './charge.ts';
import { inTransaction } from './db.ts';
import type { Deps } from './deps.ts';
import { HttpError } from './errors.ts';
import { claimKey, type StoredAnswer } from './idempotency.ts';
import { accountOf, chargeOrderOf, keyOf } from './params.ts';
import { settleCharge } from './settle-charge.ts';

/** `POST /v1/charges`: charges a card once for each key of an account. */
export function createCharge(deps: Deps): RequestHandler {
  const { pool, provider, settings } = deps;
  return async (req, res) => {
    const wanted = {
      account: accountOf(req),
      key: keyOf(req),
      order: chargeOrderOf(req.body),
      leaseMs: settings.claimLeaseMs,
    };
    const done = await inTransaction(pool, async (client) => {
      const claimed = await claimKey(client, wanted);
      if (claimed.state !== 'yours') return claimed;
      return settleCharge({ pool: client, provider }, claimed.claim, goneSignal(res));
    });
    switch (done.state) {
      case 'other payload':
        throw new HttpError(422, 'this Idempotency-Key was used for another request');
      case 'running':
        res.set('retry-after', '1');
        throw new HttpError(409, 'a request with this Idempotency-Key is under way');
      case 'done':
        res.set('idempotent-replayed', 'true');
        send(res, done.answer);
        return;
      case 'final':
        send(res, done);
        return;
      case 'pending':
        res.status(202).json({ charge: toCharge(done.charge) });
        return;
      case 'not processed':
        res.set('retry-after', String(Math.max(1, Math.ceil(done.retryAfterMs / 1000))));
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

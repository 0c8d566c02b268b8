import type { Deps } from './deps.ts';
import { findOpen } from './idempotency.ts';
import { settleCharge } from './settle-charge.ts';

const BATCH = 20;

/**
 * Finds out how the charges went whose outcome is not known: those of time-outs, and those of
 * processes that died. Answers a function that ends it.
 */
export function startReconciler(deps: Deps): () => Promise<void> {
  const { log, settings } = deps;
  let running = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = reconcile(deps)
      .catch((error: unknown) => log.error({ err: error }, 'reconciliation failed'))
      .finally(() => {
        busy = false;
      });
  }, settings.reconcileEveryMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function reconcile(deps: Deps): Promise<void> {
  const { pool, log } = deps;
  const claims = await findOpen(pool, BATCH);
  await Promise.all(
    claims.map(async (claim) => {
      const { state } = await settleCharge(deps, claim);
      log.info({ charge: claim.chargeId, state }, 'reconciled');
    }),
  );
}

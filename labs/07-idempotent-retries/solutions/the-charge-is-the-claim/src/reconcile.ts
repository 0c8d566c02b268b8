import { setTimeout as sleep } from 'node:timers/promises';
import { leaseCharge, openCharges } from './charge-store.ts';
import type { Deps } from './deps.ts';
import { makeCharge } from './make-charge.ts';

const BATCH = 20;

/** Sweeps up what time-outs and crashes left open. Answers a function that ends it. */
export function startReconciler(deps: Deps): () => Promise<void> {
  const end = new AbortController();
  const swept = sweepUntil(end.signal, deps);
  return () => {
    end.abort();
    return swept;
  };
}

async function sweepUntil(end: AbortSignal, deps: Deps): Promise<void> {
  while (!end.aborted) {
    await sleep(deps.settings.reconcileEveryMs, undefined, { signal: end }).catch(() => {});
    if (end.aborted) return;
    try {
      await sweep(deps);
    } catch (error) {
      deps.log.error({ err: error }, 'the sweep failed');
    }
  }
}

async function sweep(deps: Deps): Promise<void> {
  const { pool, settings } = deps;
  const ids = await openCharges(pool, BATCH);
  await Promise.all(
    ids.map(async (id) => {
      const charge = await leaseCharge(pool, settings.claimLeaseMs, id);
      if (charge) await makeCharge(deps, charge, { isNew: false });
    }),
  );
}

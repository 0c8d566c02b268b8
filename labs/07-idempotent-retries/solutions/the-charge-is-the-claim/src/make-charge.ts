import { deleteCharge, endLease, type OpenCharge, writeOutcome } from './charge-store.ts';
import type { Deps } from './deps.ts';

export type Made =
  | { readonly kind: 'settled'; readonly charge: OpenCharge }
  | { readonly kind: 'open' }
  | { readonly kind: 'refused'; readonly retryAfter: number };

/**
 * Takes a leased charge as far as it goes today. New charges, retries and the sweep after a crash all
 * come this way; the provider tells them apart by the id of the charge.
 *
 * @param isNew nobody can have asked the provider for it before.
 */
export async function makeCharge(
  { pool, provider }: Pick<Deps, 'pool' | 'provider'>,
  { id, amount, currency, source }: OpenCharge,
  { isNew, gone }: { readonly isNew: boolean; readonly gone?: AbortSignal },
): Promise<Made> {
  const said = await provider.charge({ reference: id, amount, currency, source }, gone);
  if (said.kind === 'verdict') {
    return { kind: 'settled', charge: await writeOutcome(pool, id, said) };
  }
  if (said.kind === 'refused' && isNew) {
    return (await deleteCharge(pool, id)) ? said : { kind: 'open' };
  }
  await endLease(pool, id);
  return { kind: 'open' };
}

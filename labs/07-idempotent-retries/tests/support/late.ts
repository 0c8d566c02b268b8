import { gate } from '@backend-labs/testkit';
import { pay, retryWhile, type Tap } from './charges.ts';
import { type Crashing, FINAL_WITHIN_MS, LEASE_MS } from './crashing.ts';
import { inTime } from './in-time.ts';
import { fails, heldAt, type Provider, refuses, type Step, well } from './provider.ts';
import { writes } from './sql.ts';

/** A first request that writes its outcome when a second may have taken over. */
export interface Late {
  /** Short: vitest cuts a title that a test takes from its input. */
  readonly title: string;
  /** What the provider does to all its calls, and how we say that. */
  readonly outcome: Step;
  readonly told: string;
  /** The first statement of this kind behind that is late. */
  readonly counts: (sql: string) => boolean;
  /** How far the second request is by then. */
  readonly second: 'got 201' | 'was at the provider';
}

export const LATE: readonly Late[] = [
  {
    title: 'a late 503 undoes no charge',
    outcome: refuses(503),
    told: 'was refused by the provider with 503',
    counts: () => true,
    second: 'got 201',
  },
  {
    title: 'a late 503 undoes no call under way',
    outcome: refuses(503),
    told: 'was refused by the provider with 503',
    // A look that comes just before the write is not a condition of it.
    counts: writes,
    second: 'was at the provider',
  },
  {
    title: 'a late 500 reopens no charge',
    outcome: fails({ status: 500 }),
    told: 'got 500 from the provider',
    counts: writes,
    second: 'got 201',
  },
];

/**
 * Holds a statement of the first request until a second has taken over or had the time to, then lets
 * both end. Answers the first one's status, and whether the second took over.
 */
export async function bringLate(
  { outcome, counts, second: far }: Late,
  tap: Tap,
  provider: Provider,
  { service, next }: Crashing,
): Promise<{ status: number; isTakenOver: boolean }> {
  const release = Promise.withResolvers<void>();
  const late = Promise.withResolvers<boolean>();
  provider.plan(tap.source, (call, charge) => {
    if (provider.callsFor(tap.source).length === 1) {
      void next.toCome({ counts, until: release.promise }).then(() => late.resolve(true));
    }
    return outcome(call, charge);
  });
  const first = pay(service, tap);
  const isLate = await Promise.race([late.promise, first.then(() => false)]);
  next.forget();

  using atProvider = gate(1, { opens: 'by hand' });
  provider.plan(tap.source, far === 'got 201' ? well : heldAt(atProvider));
  const second = retryWhile([409], { within: FINAL_WITHIN_MS }, service, tap);
  const isThere = await ends(
    far === 'got 201' ? second : Promise.race([second, atProvider.reached()]),
  );
  const isTakenOver =
    isLate && isThere && (atProvider.arrived > 0 || (await second).status === 201);

  release.resolve();
  await ends(first);
  atProvider.open();
  const { status } = await first;
  await second;
  return { status, isTakenOver };
}

/** Whether it ends while another is held: it may have to wait for that one. */
export async function ends(coming: Promise<unknown>): Promise<boolean> {
  return (
    (await inTime(
      FINAL_WITHIN_MS + LEASE_MS,
      coming.then(() => true),
    )) ?? false
  );
}

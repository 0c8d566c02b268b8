import {
  type Answer,
  arrival,
  Draw,
  explain,
  expect,
  gate,
  judges,
  lesson,
  type Reply,
} from '@backend-labs/testkit';
import { explainOldNews, newTap, pay, retryWhile, type Tap } from './support/charges.ts';
import { FINAL_WITHIN_MS, lastAnswer, test as base } from './support/crashing.ts';
import { ends } from './support/late.ts';
import { heldAt } from './support/provider.ts';
import {
  type CutShort,
  expectFinal,
  expectOneCharge,
  claimOf,
  statusesFor,
} from './support/verdicts.ts';

interface Slow {
  readonly tap: Tap;
  /** What the first request got, which was slow. */
  readonly first: Answer;
  /** What a retry gets in the end. */
  readonly last: Answer;
}

const test = base
  .extend('survivor', { scope: 'file' }, ({ file, crashing }) =>
    file.once('survivor', () => crashing.startOther()),
  )
  // Its provider is slow, so that its lease ends and a second request may take over.
  .extend('slow', { scope: 'file' }, ({ file, run, provider, survivor: service }) =>
    file.once('slow', async (): Promise<Slow> => {
      const tap = newTap(new Draw(run.seed, 'slow'), 'slow');
      using held = gate(1, { opens: 'by hand' });
      provider.plan(tap.source, heldAt(held));
      const first = pay(service, tap);
      first.catch(() => {});
      await held.reached();
      // Until it takes over; a design in which none can is left alone after a while.
      const second = retryWhile([409], { within: FINAL_WITHIN_MS }, service, tap);
      await ends(second);
      held.open();
      await second;
      return { tap, first: await first, last: await lastAnswer(service, tap) };
    }),
  )
  // Its process is killed when the provider has charged, and the client retries at the other.
  .extend('killed', { scope: 'file' }, ({ file, run, provider, crashing, survivor }) =>
    file.once('killed', async (): Promise<CutShort> => {
      const { service, next, dead } = crashing;
      const tap = newTap(new Draw(run.seed, 'killed'), 'killed');
      const charged = Promise.withResolvers<void>();
      provider.plan(tap.source, async (_call, charge): Promise<Reply> => {
        charge();
        charged.resolve();
        await dead.promise;
        return 'reset';
      });
      next.forget();
      pay(service, tap).catch(() => {});
      await arrival('a charge at the provider', charged.promise);
      const claim = claimOf(next.sent);
      await service.kill();
      dead.resolve();
      provider.heal();
      const when = 'that was killed after the provider had charged';
      return { tap, when, claim, last: await lastAnswer(survivor, tap) };
    }),
  );

test(
  'a retry after a crash gets its final answer',
  judges('4.1'),
  async ({ provider, killed, survivor }) => {
    await expectFinal(provider, survivor, killed);
  },
);

test(
  'a charge that crashed is made once',
  judges('4.2'),
  async ({ provider, postgres, killed }) => {
    await expectOneCharge(provider, killed);
    // One that is not finished is the other test's.
    if (killed.last.status !== 201) return;
    expect(
      await statusesFor(postgres, killed.tap),
      `status of the rows of charges for one ${killed.when}`,
    ).toEqual(['succeeded']);
  },
);

test(
  'a second request that takes over makes no second charge',
  judges('4.2'),
  async ({ provider, postgres, slow: { tap } }) => {
    const when = 'that a second request took over from a slow one';
    await expectOneCharge(provider, { tap, when, claim: 'kept' });
    expect(
      await statusesFor(postgres, tap),
      `status of the rows of charges for one ${when}`,
    ).toEqual(['succeeded']);
  },
);

test(
  'a slow request gets its 201, even if it has lost its lease',
  judges('4.3'),
  async ({ provider, survivor, slow: { tap, first, last } }) => {
    await explain(
      () => {
        expect(first.status, 'status of the first request, which was slow and lost its lease').toBe(
          201,
        );
      },
      async () => {
        const charged = provider.chargesFor(tap.source).length;
        if (charged === 1 && first.status === 402) {
          lesson('failed-on-timeout', {
            observed: `A request was slow, and a second asked the provider for the same charge meanwhile, which answered 409. The card was charged, and the first request got 402, declined.`,
            meaning:
              'A 409 of the provider is not a no: another call for this charge is under way, and nobody here knows yet how that goes. Written down as declined, it hides a charge that was made.',
            lookAt: 'a third thing to say, besides yes and no, and what finds out later.',
          });
        }
        const when = 'whose first request was slow and lost its lease';
        await explainOldNews(provider, survivor, { tap, last, when });
        const isTakenOver = provider.callsFor(tap.source).length > 1;
        if (!isTakenOver || charged !== 1 || last.status !== 201) return;
        lesson('fenced-out', {
          observed: `A request was slow, and a second took over while the provider held the first. The provider charged for the first request, which was answered ${first.status}. A retry got 201.`,
          meaning:
            'The fence is at the wrong place. A request that has lost its lease must not undo anything; what it brings from the provider is true all the same, and its client waits for it.',
          lookAt: 'what the first request could answer when the outcome is already stored.',
        });
      },
    );
  },
);

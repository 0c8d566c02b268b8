import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  explain,
  expect,
  lesson,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { explainOldNews, pay, plural, rowsFor, type Tap } from './charges.ts';
import { FINAL_WITHIN_MS, LEASE_MS } from './crashing.ts';
import type { Provider } from './provider.ts';
import { begins, commits, writes } from './sql.ts';

/** What became of a claim when its process was killed, to judge by the statements. */
export type Claim = 'kept' | 'rolled back' | 'none';

export function claimOf(sent: readonly string[]): Claim {
  if (!sent.some(writes)) return 'none';
  return sent.some(begins) && !sent.some(commits) ? 'rolled back' : 'kept';
}

/** A charge whose process was killed. */
export interface CutShort {
  readonly tap: Tap;
  /** What happened, behind "a charge": `that was killed …`. */
  readonly when: string;
  /** The claim of the request that the provider charged for. */
  readonly claim: Claim;
  /** The last answer to its retries. */
  readonly last: Answer;
}

/** The retries of a charge must have come to 201. `service` is the one that was asked. */
export async function expectFinal(
  provider: Provider,
  service: StartedService,
  { last, when, tap }: Omit<CutShort, 'claim'>,
): Promise<void> {
  await explain(
    () => {
      expect(
        last.status,
        `status of the last retry, ${FINAL_WITHIN_MS / 1000} s at most after the first, of a charge ${when}; CLAIM_LEASE_MS=${LEASE_MS}`,
      ).toBe(201);
    },
    async () => {
      await explainOldNews(provider, service, { tap, last, when });
      if (last.status !== 409) return;
      await sleep(3 * LEASE_MS);
      const { status } = await pay(service, tap);
      if (status !== 409) {
        expect.fail(
          `A charge ${when} was sent again and again for ${FINAL_WITHIN_MS / 1000} s, and got 409. When nobody had asked for ${3 * LEASE_MS} ms, with CLAIM_LEASE_MS=${LEASE_MS}, a retry got ${status}: each retry had extended the dead process's lease.`,
        );
      }
      lesson('orphan-lock', {
        observed: `A charge ${when} was sent again. ${FINAL_WITHIN_MS / 1000} s later, with CLAIM_LEASE_MS=${LEASE_MS}, a retry still gets 409.`,
        meaning:
          'The key says that somebody works on it, and that somebody is dead. Nothing in the claim tells a process that is slow from one that is gone, so it is kept for ever.',
        lookAt:
          'how long a claim is worth something when nobody says a word, and what may go on then.',
      });
    },
  );
}

/** All charges that the provider made for a card must be one. */
export async function expectOneCharge(
  provider: Provider,
  { tap: { source }, when, claim }: Pick<CutShort, 'tap' | 'when' | 'claim'>,
): Promise<void> {
  const charges = provider.chargesFor(source);
  await explain(
    () => expect(charges.length, `charges at the provider for a charge ${when}`).toBe(1),
    () => {
      const keys = provider.callsFor(source).map(({ key }) => key);
      const names = new Set(keys);
      if (charges.length < 2 || (names.size < 2 && !names.has(undefined))) return;
      if (claim === 'rolled back') {
        lesson('claim-in-same-tx', {
          observed: `A charge ${when}: at that moment its transaction had begun and was not committed. The card was charged ${charges.length} times.`,
          meaning:
            'With the process, Postgres rolled the transaction back, and the claim with it. The charge at the provider cannot be rolled back, and nothing here knows of it.',
          lookAt: 'what must outlive the process before the provider is called.',
        });
      }
      lesson('new-name-for-a-retry', {
        observed: `The card of a charge ${when} was charged ${charges.length} times. The provider was called ${plural(keys.length, 'time')}, ${names.has(undefined) ? 'without a key' : `with the keys ${[...names].join(', ')}`}.`,
        meaning:
          'A request that takes over cannot know whether the one before had already charged. The provider could tell, but it was asked under another name, and to it that is another charge.',
        lookAt:
          'a name for the charge that is fixed before the first call, and that a successor finds again.',
      });
    },
  );
}

/** What `charges` says of a card, a status for each row. */
export async function statusesFor(postgres: PostgresProbe, { source }: Tap): Promise<string[]> {
  return (await rowsFor(postgres, source)).map(({ status }) => status);
}

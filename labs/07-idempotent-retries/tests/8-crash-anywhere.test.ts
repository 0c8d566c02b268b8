import {
  type Answer,
  arrival,
  type Cut,
  Draw,
  each,
  explain,
  expect,
  happens,
  judges,
  lesson,
  type Reply,
  type StartedService,
  TcpProxy,
} from '@backend-labs/testkit';
import {
  type ChargeRow,
  chargeOf,
  newTap,
  pay,
  readCharge,
  refundedOf,
  requestOf,
  retryWhile,
  rowsFor,
  type Tap,
} from './support/charges.ts';
import { type Crashing, FINAL_WITHIN_MS, lastAnswer, test as base } from './support/crashing.ts';
import { deliver, redeliver, refund } from './support/events.ts';
import { bringLate, LATE } from './support/late.ts';
import { type Provider, refuses, well, whileAtProvider } from './support/provider.ts';
import { begins, reads, writes } from './support/sql.ts';
import {
  type Claim,
  type CutShort,
  expectFinal,
  expectOneCharge,
  claimOf,
  statusesFor,
} from './support/verdicts.ts';

/** As many as a transaction of two writes has. */
const STATEMENTS = 4;
/** Each held one keeps a connection; all held together must leave one of the starter's ten. */
const RESULT_STATEMENTS = 3;
/** Outer bound of an event's work that goes on behind its answer, far below the provider's time. */
const BESIDE_WITHIN_MS = 1_000;

/** One of the charges that were under way when the service was killed. */
interface Victim {
  readonly tap: Tap;
  readonly when: string;
  /** Statements of its request until then. */
  readonly sent: readonly string[];
}

interface Wreck {
  readonly survivor: StartedService;
  readonly killed: readonly (CutShort & Victim)[];
  /** What a retry got that the provider answered with 503, of a charge that was made. */
  readonly doubt: Answer;
  /** What that charge had left behind for a retry. */
  readonly claim: Claim;
}

const test = base.extend('wreck', { scope: 'file' }, ({ file, run, provider, crashing }) =>
  file.once('wreck', () => wreckIn(new Draw(run.seed, 'wreck'), provider, crashing)),
);

/** Kills the service with charges under way, each at another point, and retries each at another. */
async function wreckIn(draw: Draw, provider: Provider, crashing: Crashing): Promise<Wreck> {
  const { service, next, dead, startOther } = crashing;
  const victims: Victim[] = [];
  // Those that are killed have none.
  const answerOf = (tap: Tap): Promise<undefined> =>
    pay(service, tap).then(
      () => undefined,
      () => undefined,
    );

  for (let n = 1; n <= STATEMENTS; n += 1) {
    const tap = newTap(draw, `statement-${n}`);
    const statement = next.toCome({ n });
    const sent = await Promise.race([statement, answerOf(tap)]);
    next.forget();
    // Answered with fewer statements than that.
    if (!sent) break;
    victims.push({ tap, sent, when: `that was killed at its statement ${n}` });
  }

  /** Sends a charge whose answer does not reach the service before it is killed. */
  const chargeUnheard = async (tap: Tap): Promise<void> => {
    const isCharged = Promise.withResolvers<void>();
    provider.plan(tap.source, async (_call, charge): Promise<Reply> => {
      charge();
      isCharged.resolve();
      await dead.promise;
      return 'reset';
    });
    void answerOf(tap);
    await arrival('a charge at the provider', isCharged.promise);
  };
  const [charged, doubted] = [newTap(draw, 'charged'), newTap(draw, 'doubted')];
  await chargeUnheard(doubted);
  next.forget();
  await chargeUnheard(charged);
  const sentBefore = next.sent;
  victims.push({
    tap: charged,
    sent: sentBefore,
    when: 'that was killed when the provider had charged',
  });

  for (let n = 1; n <= RESULT_STATEMENTS; n += 1) {
    const tap = newTap(draw, `result-${n}`);
    const statement = Promise.withResolvers<readonly string[]>();
    provider.plan(tap.source, (_call, charge) => {
      void next.toCome({ n }).then(statement.resolve);
      return charge();
    });
    const sent = await Promise.race([statement.promise, answerOf(tap)]);
    next.forget();
    // Answered with fewer statements than that.
    if (!sent) break;
    const when = `that was killed at its statement ${n} after the provider had charged`;
    victims.push({ tap, sent, when });
  }

  const unanswered = newTap(draw, 'unanswered');
  const isAnswered = Promise.withResolvers<void>();
  await using door = await TcpProxy.to(service.url, () => ({
    async toClient(): Promise<Cut> {
      isAnswered.resolve();
      await dead.promise;
      return 'cut';
    },
  }));
  void payThrough(door, unanswered).catch(() => {});
  await arrival('the answer of a charge', isAnswered.promise);
  victims.push({ tap: unanswered, sent: [], when: 'that was killed before its answer was out' });

  // Up before the last claim, so that the lease of that one still runs when it is asked.
  const survivor = await startOther();
  const called = newTap(draw, 'called');
  const isCalled = Promise.withResolvers<void>();
  provider.plan(called.source, async (): Promise<Reply> => {
    isCalled.resolve();
    await dead.promise;
    return 'reset';
  });
  void answerOf(called);
  await arrival('a call to the provider', isCalled.promise);

  await service.kill();
  dead.resolve();
  provider.heal();
  const claim = claimOf(sentBefore);
  const finish = async (victim: Victim) => {
    return { ...victim, claim, last: await lastAnswer(survivor, victim.tap) };
  };
  const first = await finish({
    tap: called,
    sent: [],
    when: 'that was killed before the provider had charged',
  });
  const doubt = await askInDoubt(provider, survivor, doubted);
  // Where the key was given back, a retry is a new charge: the test of that says so.
  if (isOpen(doubt)) {
    const when = 'that was killed when the provider had charged, and then retried in an outage';
    victims.push({ tap: doubted, sent: sentBefore, when });
  }
  return { survivor, doubt, claim, killed: [first, ...(await Promise.all(victims.map(finish)))] };
}

// These need the process that the others kill.
test.for(LATE)('$title', judges('8.4'), async (late, { draw, provider, postgres, crashing }) => {
  const { told, second } = late;
  const tap = newTap(draw, 'late');
  const { status, isTakenOver } = await bringLate(late, tap, provider, crashing);
  const asked = provider.callsFor(tap.source).length;
  const last = await lastAnswer(crashing.service, tap);
  const isAskedAgain = provider.callsFor(tap.source).length > asked;
  const charges = provider.chargesFor(tap.source).length;
  const rows = await rowsFor(postgres, tap.source);
  const when = `whose first request ${told}${isTakenOver ? `, and lost its claim to a second, which ${second}` : ''}`;
  await explain(
    () => {
      expect(charges, `charges at the provider for a key ${when}`).toBe(1);
      expect(
        rows.map((row) => row.status),
        `status of the rows of charges for a key ${when}`,
      ).toEqual(['succeeded']);
      expect(last.status, `status of the last retry of a charge ${when}`).toBe(201);
      if (isTakenOver) {
        const what = `status (${status}) of the first request for a key ${when}`;
        expect([201, 202, 409], what).toContain(status);
      }
    },
    () => {
      if (last.status === 503 && !isAskedAgain) {
        lesson('store-5xx', {
          observed: `A charge ${when} was sent again when the provider was well. The retry got 503, and the provider was not asked.`,
          meaning:
            'The 503 was kept as the answer of this key. It says that nothing happened and that one may try again; kept, it says so for ever, and even when another request has charged.',
          lookAt: 'which answers are final, and what happens to the key of one that is not.',
        });
      }
      const harm = harmOf(charges, rows);
      if (!isTakenOver || !harm) return;
      lesson('late-writer', {
        observed: `The first request ${told}. Before it wrote anything of that, its claim ran out, and a second request to the same process took over and ${second}. Then the first wrote what it had to, and answered ${status}. ${harm}`,
        meaning:
          'A request that has lost its claim does not know. It goes on with what was true when it had it, and takes away what another request has done since, or is doing.',
        lookAt:
          'what each write of a claim’s owner could ask for, in the same statement, so that it changes nothing when the claim is another request’s.',
      });
    },
  );
});

test(
  'a refund that comes before the answer of its charge keeps its effect',
  judges('8.5'),
  async ({ draw, provider, postgres, crashing: { service } }) => {
    const tap = newTap(draw, 'early-refund');
    const during = whileAtProvider(provider, tap.source, async ({ reference, amount }) => {
      const event = refund(reference, amount);
      const early = await deliver(service, event);
      // A service that answers first and works then would otherwise race with the answer to the charge.
      const isDone = async () => (await refundedOf(postgres, { id: reference })) === amount;
      const isApplied =
        early.status === 200 && (await happens(isDone, { within: BESIDE_WITHIN_MS }));
      return { event, early, isApplied };
    });
    const { id, amount } = chargeOf((await pay(service, tap)).expect(201));
    const { event, early, isApplied } = await arrival('a call to the provider', during);
    if (early.status !== 200) await redeliver(service, event);
    const { status, refunded } = await readCharge(service, id);
    await explain(
      () => {
        expect({ status, refunded }, 'a charge whose refund was faster than its answer').toEqual({
          status: 'refunded',
          refunded: amount,
        });
      },
      () => {
        if (!isApplied || status !== 'succeeded') return;
        lesson('overwrites-the-event', {
          observed: `A refund of the whole amount came while its charge was at the provider, and was applied. Then the request wrote its outcome. The charge says ${status}, refunded ${refunded}.`,
          meaning:
            'The request writes what was true when the provider answered. The event knew more, and was there first.',
          lookAt: 'which states a charge may be in when its outcome is written.',
        });
      },
    );
  },
);

test(
  'a retry gets its final answer, wherever the process was killed',
  judges('8.1'),
  async ({ provider, wreck: { killed, survivor } }) => {
    await each('killed charges', killed, async (victim) => {
      const { last, sent, when } = victim;
      await explain(
        () => expectFinal(provider, survivor, victim),
        () => {
          const [write] = sent.slice(0, -1).filter((sql) => !reads(sql));
          // The others must have their answers, so that claims do end here.
          const isTheOnlyOne = killed.some((other) => other.last.status === 201);
          if (!isTheOnlyOne || write === undefined || sent.some(begins)) return;
          lesson('half-a-claim', {
            observed: `The service was killed when it had sent "${shown(write)}" and not yet "${shown(sent.at(-1) ?? '')}". A retry of a charge ${when} got ${last.status} to the end; charges that were killed later were finished.`,
            meaning:
              'Each statement by itself is a transaction of its own. The first was kept and the second never came, so that there is half of what a successor needs.',
            lookAt: 'which rows only make sense together, and what makes them come together.',
          });
        },
      );
    });
  },
);

test(
  'a charge is made once, wherever the process was killed',
  judges('8.2'),
  async ({ provider, postgres, wreck: { killed } }) => {
    // One that is not finished is the other test's.
    const finished = killed.filter(({ last }) => last.status === 201);
    await each('killed charges', finished, async (victim) => {
      await expectOneCharge(provider, victim);
      const { tap, when, sent } = victim;
      const statuses = await statusesFor(postgres, tap);
      await explain(
        () => {
          expect(statuses, `status of the rows of charges for one ${when}`).toEqual(['succeeded']);
        },
        () => {
          const [write] = sent.slice(0, -1).filter(writes);
          if (statuses[0] !== 'pending' || write === undefined || sent.some(begins)) return;
          lesson('half-a-result', {
            observed: `The service was killed when the provider had charged, it had sent "${shown(write)}", and not yet "${shown(sent.at(-1) ?? '')}". A retry to another instance got 201, and charges says ${statuses[0]}.`,
            meaning:
              'Each statement by itself is a transaction of its own. The next request finds the first and takes everything for done, so nobody ever does the second.',
            lookAt: 'what is true only together, and what makes it come together.',
          });
        },
      );
    });
  },
);

test(
  'a request that takes over does not say that nothing was charged',
  judges('8.3'),
  async ({ wreck: { doubt, claim } }) => {
    const { status } = doubt;
    await explain(
      () => {
        expect(
          [202, 409],
          `status (${status}) of a retry that the provider answered with 503, of a charge that was killed after the provider had charged`,
        ).toContain(status);
      },
      () => {
        // Without a claim, a retry does not take over: it is a new charge.
        if (status !== 503 || claim !== 'kept') return;
        lesson('trusting-heir', {
          observed:
            'The service was killed when the provider had charged. A retry to another instance took over, the provider answered it with 503, and so did that instance: nothing was charged.',
          meaning:
            'A 503 of the provider describes the call that it answers. The call before it may have charged; its process is dead and left no word. A key that is given back now is charged a second time.',
          lookAt: 'what a successor knows about the calls that were made before its own.',
        });
      },
    );
  },
);

/** What became of a charge that a second request made while a first was late. */
function harmOf(charges: number, rows: readonly ChargeRow[]): string | undefined {
  const [row, ...more] = rows;
  // A request without a claim makes rows of its own.
  if (more.length > 0) return undefined;
  if (charges > 1) return `A retry was a new charge: the card was charged ${charges} times.`;
  if (!row) return 'The charge was made, and charges has no row of it any more.';
  if (row.status !== 'succeeded') return `The charge was made, and charges says ${row.status}.`;
  return undefined;
}

/**
 * A retry takes over a charge that was killed when the provider had charged, and is refused by the
 * provider: it knows nothing, and must not say that nothing was charged.
 */
async function askInDoubt(provider: Provider, service: StartedService, tap: Tap): Promise<Answer> {
  provider.plan(tap.source, refuses(503));
  const answer = await retryWhile([409], { within: FINAL_WITHIN_MS }, service, tap);
  provider.plan(tap.source, well);
  return answer;
}

const isOpen = ({ status }: Answer): boolean => status === 202 || status === 409;

/** The beginning of a statement. */
const shown = (sql: string): string => {
  const line = sql.replaceAll(/\s+/gu, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
};

/** A charge whose answer comes by way of a proxy. */
function payThrough(door: TcpProxy, tap: Tap): Promise<Response> {
  const { headers, body } = requestOf(tap);
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return fetch(`http://127.0.0.1:${door.port}/v1/charges`, init);
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  arrival,
  explain,
  expect,
  gate,
  lesson,
  type Cut,
  type Reply,
  type StartedService,
  TcpProxy,
} from '@backend-labs/testkit';
import { FINAL_WITHIN_MS, lastAnswer, LEASE_MS, test } from './support/crashing.ts';
import {
  type ChargeRow,
  pay,
  plural,
  requestOf,
  retryWhile,
  rowsFor,
  type Tap,
} from './support/charges.ts';
import { bringLate, ends, LATE } from './support/late.ts';
import { heldAt, type Provider, refuses, well } from './support/provider.ts';
import { begins, commits, reads, writes } from './support/sql.ts';

/** As many as a transaction of two writes has. */
const STATEMENTS = 4;
/** Each held one keeps a connection; all held together must leave one of the starter's ten. */
const RESULT_STATEMENTS = 3;

/** Sends a tap again until the answer is final, which must be 201. */
async function settles(service: StartedService, tap: Tap, when: string): Promise<void> {
  const last = await lastAnswer(service, tap);
  await explain(
    () => expectFinal(last, when),
    async () => {
      if (last.status !== 409) return;
      await sleep(3 * LEASE_MS);
      const { status } = await pay(service, tap);
      if (status !== 409) {
        expect.fail(
          `A charge ${when} was sent again and again for ${FINAL_WITHIN_MS / 1000} s, and got 409. When nobody had asked for ${3 * LEASE_MS} ms, with CLAIM_LEASE_MS=${LEASE_MS}, a retry got ${status}: each retry had made the claim of the dead last longer.`,
        );
      }
      lesson('orphan-lock', {
        observed: `A charge ${when} was sent again. ${FINAL_WITHIN_MS / 1000} s later, with CLAIM_LEASE_MS=${LEASE_MS}, a retry still gets 409.`,
        meaning:
          'The key says that somebody works on it, and that somebody is dead. Nothing in the claim tells a process that is slow from one that is gone, so it is kept for ever.',
        lookAt:
          'how long a claim is worth something when nobody says a word, and who may go on then.',
      });
    },
  );
}

function expectFinal({ status }: Answer, when: string): void {
  expect(
    status,
    `status of the last retry, ${FINAL_WITHIN_MS / 1000} s at most after the first, of a charge ${when}; CLAIM_LEASE_MS=${LEASE_MS}`,
  ).toBe(201);
}

/** All charges that the provider made for a card must be one. */
async function expectOneCharge(provider: Provider, source: string, when: string): Promise<void> {
  const charges = provider.chargesFor(source);
  await explain(
    () => expect(charges.length, `charges at the provider for one key, ${when}`).toBe(1),
    () => {
      const keys = provider.callsFor(source).map(({ key }) => key);
      const names = new Set(keys);
      if (charges.length < 2 || (names.size < 2 && !names.has(undefined))) return;
      lesson('new-name-for-a-retry', {
        observed: `The card was charged ${charges.length} times ${when}. The provider was called ${plural(keys.length, 'time')}, ${names.has(undefined) ? 'without a key' : `with the keys ${[...names].join(', ')}`}.`,
        meaning:
          'Whoever takes over cannot know whether the one before had already charged. The provider could tell, but it was asked under another name, and to it that is another charge.',
        lookAt:
          'a name for the charge that is fixed before the first call, and that a successor finds again.',
      });
    },
  );
}

test('who is slow is not dead: a claim that ran out makes no second charge', async ({
  provider,
  crashing: { service },
}) => {
  const tap = { key: 'slow-1', source: 'card_slow' };
  using held = gate(1, { opens: 'by hand' });
  provider.plan(tap.source, heldAt(held));
  const first = pay(service, tap);
  first.catch(() => {});
  await held.reached();
  // Until somebody takes over; a design in which nobody can is left alone after a few leases.
  const second = retryWhile([409], 6 * LEASE_MS, service, tap);
  await ends(second);
  held.open();
  const answer = await first;
  await second;
  await settles(service, tap, 'whose provider was slow');
  await expectOneCharge(provider, tap.source, 'while a second request took over from a slow one');
  expect(answer.status, 'status of the first request, which was slow and lost its claim').toBe(201);
});

test.for(LATE)('$title', async (late, { provider, postgres, crashing }) => {
  const { tap, told, second } = late;
  const { service } = crashing;
  const { status, isTakenOver } = await bringLate(late, provider, crashing);
  const last = await lastAnswer(service, tap);
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
      expectFinal(last, when);
      if (isTakenOver) {
        const what = `status (${status}) of the first request for a key ${when}`;
        expect([201, 202, 409], what).toContain(status);
      }
    },
    () => {
      const harm = harmOf(charges, rows);
      if (!isTakenOver || !harm) return;
      lesson('late-writer', {
        observed: `The first request ${told}. Before it wrote anything of that, its claim ran out, and a second request to the same process took over and ${second}. Then the first wrote what it had to, and answered ${status}. ${harm}`,
        meaning:
          'Who has lost its claim does not know. It goes on with what was true when it had it, and takes away what somebody else has done since, or is doing.',
        lookAt:
          'what each write of a claim’s owner could ask for, in the same statement, so that it changes nothing when the claim is another request’s.',
      });
    },
  );
});

/** What became of a charge that a second request made while a first was late. */
function harmOf(charges: number, rows: readonly ChargeRow[]): string | undefined {
  const [row, ...more] = rows;
  // Who has no claim makes rows of its own.
  if (more.length > 0) return undefined;
  if (charges > 1) return `A retry was a new charge: the card was charged ${charges} times.`;
  if (!row) return 'The charge was made, and charges has no row of it any more.';
  if (row.status !== 'succeeded') return `The charge was made, and charges says ${row.status}.`;
  return undefined;
}

test('killed with charges under way, each at another point, it charges each once', async ({
  provider,
  postgres,
  crashing: { service, next, dead, startOther },
}) => {
  // Those that are killed have none.
  const answerOf = (tap: Tap): Promise<undefined> =>
    pay(service, tap).then(
      () => undefined,
      () => undefined,
    );

  const cutShort: { tap: Tap; sent: readonly string[] }[] = [];
  for (let n = 1; n <= STATEMENTS; n += 1) {
    const tap = { key: `crash-1-${n}`, source: `card_crash_1_${n}` };
    const statement = next.toCome({ n });
    const sent = await Promise.race([statement, answerOf(tap)]);
    if (n === 1) expect(sent?.length, 'statements of the service for a charge').toBe(1);
    next.forget();
    // Answered with fewer statements than that.
    if (!sent) break;
    cutShort.push({ tap, sent });
  }

  const afterCharge = { key: 'crash-2', source: 'card_crash_2' };
  const charged = Promise.withResolvers<void>();
  provider.plan(afterCharge.source, async (_call, charge): Promise<Reply> => {
    charge();
    charged.resolve();
    await dead.promise;
    return 'reset';
  });
  next.forget();
  void answerOf(afterCharge);
  await arrival('a charge at the provider', charged.promise);
  const isClaimed = isKept(next.sent);

  const unstored: { tap: Tap; sent: readonly string[] }[] = [];
  for (let n = 1; n <= RESULT_STATEMENTS; n += 1) {
    const tap = { key: `crash-3-${n}`, source: `card_crash_3_${n}` };
    const statement = Promise.withResolvers<readonly string[]>();
    provider.plan(tap.source, (_call, charge) => {
      void next.toCome({ n }).then(statement.resolve);
      return charge();
    });
    const sent = await Promise.race([statement.promise, answerOf(tap)]);
    if (n === 1)
      expect(sent?.length, 'statements of the service after the provider charged').toBe(1);
    next.forget();
    // Answered with fewer statements than that.
    if (!sent) break;
    unstored.push({ tap, sent });
  }

  const beforeAnswer = { key: 'crash-4', source: 'card_crash_4' };
  const answered = Promise.withResolvers<void>();
  await using door = await TcpProxy.to(service.url, () => ({
    async toClient(): Promise<Cut> {
      answered.resolve();
      await dead.promise;
      return 'cut';
    },
  }));
  void payThrough(door, beforeAnswer).catch(() => {});
  await arrival('the answer of a charge', answered.promise);

  // Up before the last claim, so that the lease of that one still runs when it is asked.
  await using other = await startOther();
  const afterClaim = { key: 'crash-5', source: 'card_crash_5' };
  const called = Promise.withResolvers<void>();
  provider.plan(afterClaim.source, async (): Promise<Reply> => {
    called.resolve();
    await dead.promise;
    return 'reset';
  });
  void answerOf(afterClaim);
  await arrival('a call to the provider', called.promise);

  await service.kill();
  dead.resolve();
  provider.heal();
  await settles(other, afterClaim, 'that was killed before the provider had charged');

  if (isClaimed) await expectDoubt(provider, other, afterCharge);
  const points: readonly (readonly [string, Tap])[] = [
    ['that was killed after the provider had charged', afterCharge],
    ...unstored.map(
      ({ tap, sent }) =>
        [
          `that was killed at its statement ${sent.length} after the provider charged`,
          tap,
        ] as const,
    ),
    ['that was killed before the answer was out', beforeAnswer],
  ];
  await Promise.all(points.map(async ([when, tap]) => settles(other, tap, when)));
  for (const { tap, sent } of cutShort) {
    const last = await lastAnswer(other, tap);
    const when = `that was killed at its statement ${sent.length}`;
    await explain(
      () => expectFinal(last, when),
      () => {
        // The others have their answers, so that claims do end here.
        const [write] = sent.slice(0, -1).filter((sql) => !reads(sql));
        if (write === undefined || sent.some(begins)) return;
        lesson('half-a-claim', {
          observed: `The service was killed when it had sent "${shown(write)}" and not yet "${shown(sent.at(-1) ?? '')}". With CLAIM_LEASE_MS=${LEASE_MS} long over, a retry to another instance got ${last.status}; charges that were killed later were finished.`,
          meaning:
            'Each statement by itself is a transaction of its own. The first was kept and the second never came, so that there is half of what a successor needs.',
          lookAt: 'which rows only make sense together, and what makes them come together.',
        });
      },
    );
  }
  const all = [
    ['that was killed before the provider had charged', afterClaim] as const,
    ...points,
    ...cutShort.map(({ tap, sent }) => [`killed at statement ${sent.length}`, tap] as const),
  ];
  for (const [when, tap] of all) {
    await expectOneCharge(provider, tap.source, `for a charge ${when}`);
    const rows = await rowsFor(postgres, tap.source);
    await explain(
      () =>
        expect(
          rows.map(({ status }) => status),
          `status of the rows of charges for one ${when}`,
        ).toEqual(['succeeded']),
      () => {
        const sent = unstored.find((each) => each.tap === tap)?.sent ?? [];
        const [write] = sent.slice(0, -1).filter(writes);
        if (rows[0]?.status !== 'pending' || write === undefined || sent.some(begins)) return;
        lesson('half-a-result', {
          observed: `The service was killed when the provider had charged, it had sent "${shown(write)}", and not yet "${shown(sent.at(-1) ?? '')}". A retry to another instance got 201, and charges says ${rows[0].status}.`,
          meaning:
            'Each statement by itself is a transaction of its own. Whoever comes next finds the first and takes all for done, so that nobody ever does the second.',
          lookAt: 'what is true only together, and what makes it come together.',
        });
      },
    );
  }
});

/**
 * A retry takes over a charge that was killed when the provider had charged, and is refused by the
 * provider: it knows nothing, and must not say that nothing was charged.
 */
async function expectDoubt(provider: Provider, service: StartedService, tap: Tap): Promise<void> {
  provider.plan(tap.source, refuses(503));
  const { status } = await retryWhile([409], FINAL_WITHIN_MS, service, tap);
  await explain(
    () =>
      expect(
        [202, 409],
        `status (${status}) of a retry that the provider answered with 503, of a charge that was killed after the provider had charged`,
      ).toContain(status),
    () => {
      if (status !== 503) return;
      lesson('trusting-heir', {
        observed:
          'The service was killed when the provider had charged. A retry to another instance took over, the provider answered it with 503, and so did that instance: nothing was charged.',
        meaning:
          'A 503 of the provider tells of the call that it answers. The call before it may have charged; who made it is dead and left no word. A key that is given back now is charged a second time.',
        lookAt: 'what a successor knows about the calls that were made before its own.',
      });
    },
  );
  provider.plan(tap.source, well);
}

/** Whether something was written that outlives the process, to judge by the statements. */
const isKept = (sent: readonly string[]): boolean =>
  sent.some(writes) && (!sent.some(begins) || sent.some(commits));

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

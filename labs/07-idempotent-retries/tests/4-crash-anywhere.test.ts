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
import { FINAL_WITHIN_MS, lastAnswer, LEASE_MS, retryWhile, test } from './support/crashing.ts';
import { pay, plural, requestOf, rowsFor, type Tap } from './support/charges.ts';
import { heldAt, type Provider, refuses, well } from './support/provider.ts';

/** As many as a transaction of two writes has. */
const STATEMENTS = 4;

/** Sends a tap again until the answer is final, which must be 201. */
async function settles(service: StartedService, tap: Tap, when: string): Promise<void> {
  const last = await lastAnswer(service, tap);
  await explain(
    () => expectFinal(last, when),
    () => {
      if (last.status !== 409) return;
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

const READS = /^\s*SELECT\b/iu;
const BEGINS = /^\s*(?:BEGIN|START)\b/iu;

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

/** Somebody may have to wait for the first, who is held. */
async function endsOrWaits(second: Promise<unknown>): Promise<void> {
  await arrival('a second request', second, { within: 8 * LEASE_MS }).catch(() => {});
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
  await endsOrWaits(second);
  held.open();
  const answer = await first;
  await second;
  await settles(service, tap, 'whose provider was slow');
  await expectOneCharge(provider, tap.source, 'while a second request took over from a slow one');
  expect(answer.status, 'status of the first request, which was slow and lost its claim').toBe(201);
});

test('who has lost its claim takes nothing from who has it', async ({
  provider,
  postgres,
  crashing: { service, next },
}) => {
  const tap = { key: 'late-1', source: 'card_late' };
  const release = Promise.withResolvers<void>();
  const held = Promise.withResolvers<unknown>();
  provider.plan(tap.source, (call, charge) => {
    // The statement after the last refusal: whatever the service then writes, it writes late.
    if (provider.callsFor(tap.source).length === 1) {
      void next.toCome(1, release.promise).then(held.resolve);
    }
    return refuses(503)(call, charge);
  });
  const first = pay(service, tap);
  await Promise.race([held.promise, first]);
  next.forget();
  provider.plan(tap.source, well);
  const second = retryWhile([409], 6 * LEASE_MS, service, tap);
  await endsOrWaits(second);
  release.resolve();
  const { status } = await first;
  const isTakenOver = (await second).status === 201;

  const last = await lastAnswer(service, tap);
  const charges = provider.chargesFor(tap.source).length;
  const rows = await rowsFor(postgres, tap.source);
  const when = 'whose first request was refused by the provider and lost its claim';
  await explain(
    () => {
      expect(charges, `charges at the provider for a key ${when}`).toBe(1);
      expect(rows, `rows of charges for a key ${when}`).toHaveLength(1);
      expectFinal(last, when);
      if (isTakenOver) {
        const what = `status (${status}) of the first request for a key ${when} to a second, which got 201`;
        expect([201, 202, 409], what).toContain(status);
      }
    },
    () => {
      if (!isTakenOver || status !== 503 || charges < 2) return;
      lesson('late-writer', {
        observed: `The provider refused a request with 503. Before it wrote anything of that, its claim ran out, and a second request took over and got 201. Then the first wrote what it had to, and answered 503. A retry was a new charge: the card was charged ${charges} times, and charges has ${plural(rows.length, 'row')} of it.`,
        meaning:
          'Who has lost its claim does not know. It goes on with what was true when it had it, and takes away what somebody else has done since.',
        lookAt:
          'what each write of a claim’s owner could ask for, so that it changes nothing when the claim is another’s.',
      });
    },
  );
});

test('killed with charges under way, each at another point, it charges each once', async ({
  provider,
  postgres,
  crashing: { service, next, dead },
}) => {
  const send = (tap: Tap): void => void pay(service, tap).catch(() => {});

  const cutShort: { tap: Tap; sent: readonly string[] }[] = [];
  for (let n = 1; n <= STATEMENTS; n += 1) {
    const tap = { key: `crash-1-${n}`, source: `card_crash_1_${n}` };
    const statement = next.toCome(n);
    const answer = pay(service, tap).then(
      () => undefined,
      () => undefined,
    );
    const sent = await Promise.race([statement, answer]);
    if (n === 1) expect(sent?.length, 'statements of the service for a charge').toBe(1);
    next.forget();
    // Answered with fewer statements than that.
    if (!sent) break;
    cutShort.push({ tap, sent });
  }

  const afterClaim = { key: 'crash-2', source: 'card_crash_2' };
  const called = Promise.withResolvers<void>();
  provider.plan(afterClaim.source, async (): Promise<Reply> => {
    called.resolve();
    await dead.promise;
    return 'reset';
  });
  send(afterClaim);
  await arrival('a call to the provider', called.promise);

  const afterCharge = { key: 'crash-3', source: 'card_crash_3' };
  const charged = Promise.withResolvers<void>();
  provider.plan(afterCharge.source, async (_call, charge): Promise<Reply> => {
    charge();
    charged.resolve();
    await dead.promise;
    return 'reset';
  });
  send(afterCharge);
  await arrival('a charge at the provider', charged.promise);

  const beforeCommit = { key: 'crash-4', source: 'card_crash_4' };
  const nextStatement = Promise.withResolvers<unknown>();
  provider.plan(beforeCommit.source, (_call, charge) => {
    void next.toCome().then(nextStatement.resolve);
    return charge();
  });
  send(beforeCommit);
  await arrival('a statement after the answer of the provider', nextStatement.promise);

  const beforeAnswer = { key: 'crash-5', source: 'card_crash_5' };
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

  await service.kill();
  dead.resolve();
  provider.heal();
  await using restarted = await service.restart();

  const points: readonly (readonly [string, Tap])[] = [
    ['that was killed before the provider had charged', afterClaim],
    ['that was killed after the provider had charged', afterCharge],
    ['that was killed before the result was stored', beforeCommit],
    ['that was killed before the answer was out', beforeAnswer],
  ];
  await Promise.all(points.map(async ([when, tap]) => settles(restarted, tap, when)));
  for (const { tap, sent } of cutShort) {
    const last = await lastAnswer(restarted, tap);
    const when = `that was killed at its statement ${sent.length}`;
    await explain(
      () => expectFinal(last, when),
      () => {
        // The others have their answers, so that claims do end here.
        const [write] = sent.slice(0, -1).filter((sql) => !READS.test(sql));
        if (write === undefined || sent.some((sql) => BEGINS.test(sql))) return;
        lesson('half-a-claim', {
          observed: `The service was killed when it had sent "${shown(write)}" and not yet "${shown(sent.at(-1) ?? '')}". After its restart, and after CLAIM_LEASE_MS=${LEASE_MS}, a retry got ${last.status}; charges that were killed later were finished.`,
          meaning:
            'Each statement by itself is a transaction of its own. The first was kept and the second never came, so that there is half of what a successor needs.',
          lookAt: 'which rows only make sense together, and what makes them come together.',
        });
      },
    );
  }
  const all = [
    ...points,
    ...cutShort.map(({ tap, sent }) => [`killed at statement ${sent.length}`, tap] as const),
  ];
  for (const [when, tap] of all) {
    await expectOneCharge(provider, tap.source, `for a charge ${when}`);
    const rows = await rowsFor(postgres, tap.source);
    expect(
      rows.map(({ status }) => status),
      `status of the rows of charges for one ${when}`,
    ).toEqual(['succeeded']);
  }
});

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

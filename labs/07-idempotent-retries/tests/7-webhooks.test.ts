import { randomUUID } from 'node:crypto';
import {
  type Answer,
  eventually,
  explain,
  expect,
  gate,
  happens,
  lesson,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import { type Charge, chargeOf, pay, readCharge } from './support/charges.ts';
import { overlapped } from './support/line.ts';
import { deliver, type ProviderEvent, refund, sign, told } from './support/events.ts';
import { test } from './support/endpoint.ts';

const TIMES = 50;
/** More statements than a delivery has. */
const MOST_STATEMENTS = 15;
/** Outer bound of work that goes on behind its answer; who answers in time is never waited for. */
const BEHIND_WITHIN_MS = 5_000;
/** The same, while a charge waits for it: far below the time that the provider is given. */
const BESIDE_WITHIN_MS = 1_000;
const DAY_SECONDS = 86_400;
const TOLERANCE_SECONDS = 300;
const SEVEN_MINUTES = 420;

async function newCharge(service: StartedService, name: string): Promise<Charge> {
  return chargeOf((await pay(service, { key: name, source: `card_${name}` })).expect(201));
}

/** What an event changes. */
async function stateOf(service: StartedService, id: string) {
  const { status, refunded } = await readCharge(service, id);
  return { status, refunded };
}

async function refundedOf(postgres: PostgresProbe, { id }: Pick<Charge, 'id'>): Promise<number> {
  const [row] = await postgres.query<{ refunded: number }>(
    'SELECT refunded FROM charges WHERE id = $1',
    [id],
  );
  return row?.refunded ?? Number.NaN;
}

test('only what the provider signed, and lately, is taken', async ({ postgres, events }) => {
  const { service } = events;
  const charge = await newCharge(service, 'signed');
  const forged = refund(charge.id, 1);
  const text = JSON.stringify(forged);
  const signature = sign(text);
  const forgeries = {
    'without a signature': { signature: '' },
    'signed with another secret': { signature: sign(text, { secret: 'whsec_guessed' }) },
    'whose signature is of another body': {
      text: text.replace('"amount":1', '"amount":9'),
      signature,
    },
    'with a later time put into the signature': {
      signature: signature.replace(/t=\d+/u, `t=${Math.floor(Date.now() / 1000) + 1}`),
    },
    'whose signature is cut short': { signature: signature.slice(0, -2) },
    'whose signature is not one': { signature: 'v1=42' },
  };
  for (const [what, delivery] of Object.entries(forgeries)) {
    const { status } = await deliver(service, forged, delivery);
    expect(status, `status of an event ${what}`).toBe(400);
  }
  expect(await refundedOf(postgres, charge), 'cents refunded by forged events').toBe(0);

  const plain = (await deliver(service, refund(charge.id, 10))).status;
  const written = refund(charge.id, 20);
  const spaced = JSON.stringify(written, undefined, 2).replace('"amount": 20', '"amount": 20.0');
  const answer = await deliver(service, written, { text: spaced });
  await explain(
    () => {
      expect(plain, 'status of an event with a right signature').toBe(200);
      expect(answer.status, 'status of an event that is written over several lines').toBe(200);
    },
    () => {
      if (plain !== 200 || answer.status !== 400) return;
      lesson('signature-of-a-copy', {
        observed: `An event in one line got ${plain}. An event with white space in it and 20.0 for 20, signed by the same secret, got ${answer.status}.`,
        meaning:
          'The signature is of the bytes that were sent. A body that was parsed and written again says the same in other bytes, and then the signature fits only by luck.',
        lookAt: 'what your framework does with a body before your handler sees it.',
      });
    },
  );

  const aged = refund(charge.id, 40);
  const slow = sign(JSON.stringify(aged), { ageSeconds: TOLERANCE_SECONDS - 60 });
  expect(
    (await deliver(service, aged, { signature: slow })).status,
    'status of an event four minutes old',
  ).toBe(200);
  const old = refund(charge.id, 80);
  const stale = sign(JSON.stringify(old), { ageSeconds: DAY_SECONDS });
  const replayed = await deliver(service, old, { signature: stale });
  await explain(
    () => expect(replayed.status, 'status of an event that was signed yesterday').toBe(400),
    async () => {
      const refunded = await refundedOf(postgres, charge);
      if (replayed.status !== 200) return;
      lesson('any-age', {
        observed: `An event with a right signature of yesterday got ${replayed.status}, and ${refunded} cents are refunded; forged ones were refused.`,
        meaning:
          'A signature says who wrote this, not when it was sent. Whoever once got hold of a delivery, from a log or a proxy, can send it for as long as the secret lives.',
        lookAt: 'what else the signature covers, and what it should be held against.',
      });
    },
  );
  for (const [when, ageSeconds] of [
    ['seven minutes ago', SEVEN_MINUTES],
    ['with a time seven minutes from now', -SEVEN_MINUTES],
  ] as const) {
    const strange = refund(charge.id, 160);
    const signedThen = sign(JSON.stringify(strange), { ageSeconds });
    const { status } = await deliver(service, strange, { signature: signedThen });
    expect(status, `status of an event that was signed ${when}`).toBe(400);
  }
  expect(
    await refundedOf(postgres, charge),
    'cents refunded in the end, by events of 10, 20 and 40',
  ).toBe(70);
});

test('an event that comes 50 times at once counts once', async ({ postgres, events }) => {
  const { service, line } = events;
  const charge = await newCharge(service, 'fifty');
  const event = refund(charge.id, 100);
  using writes = gate(2);
  line.holdWrites(writes);
  const coming = Array.from({ length: TIMES }, () => deliver(service, event));
  const deliveries = Promise.all(coming);
  deliveries.catch(() => {});
  let answered = 0;
  void Promise.all(coming.map(async (one) => one.then(() => (answered += 1)))).catch(() => {});
  await overlapped(writes, postgres, () => answered > 0);
  const looks = line.looks.length;
  writes.open();
  const answers = await deliveries;
  const refunded = await refundedOf(postgres, charge);
  await explain(
    () => expect(refunded, `cents refunded by ${TIMES} deliveries of one event of 100`).toBe(100),
    () => {
      if (refunded < 200 || looks < 2) return;
      lesson('look-then-insert', {
        observed: `${TIMES} deliveries of one event refunded ${refunded} cents instead of 100. ${looks} of them had looked for the event before the first had written anything.`,
        meaning:
          'Each saw that the event was new, because it was, and each went on. It is the same gap as with the keys of charges: between the look and the write.',
        lookAt: 'letting the write say whether the event was new.',
      });
    },
  );
  const failed = answers.filter(({ status }) => status !== 200).map(({ status }) => status);
  expect(failed, 'answers to these deliveries other than 200').toEqual([]);
});

test('an event is answered when it is written down, and survives a crash at any statement', async ({
  postgres,
  events,
}) => {
  const { line } = events;
  const charge = await newCharge(events.service, 'crash');
  // Also when this test fails: the next ones are to see no cut.
  using _uncut = { [Symbol.dispose]: () => line.cutAt(0) };
  let expected = 0;
  for (let statement = 1; statement <= MOST_STATEMENTS; statement += 1) {
    const event = refund(charge.id, 100);
    expected += 100;
    line.cutAt(statement);
    const first = await events.riskDelivery(event);
    const status = first?.status ?? 'a broken connection';
    const acknowledged = first !== undefined && first.status < 300;
    const atOnce = await refundedOf(postgres, charge);
    await explain(
      () => {
        if (acknowledged) {
          expect(
            atOnce,
            `cents refunded when the event was answered with 2xx, by ${statement} events of 100`,
          ).toBe(expected);
        }
      },
      async () => {
        // Answered before its work, so that the cut comes after the answer.
        const wasCut = await happens(() => line.cut, { within: BEHIND_WITHIN_MS });
        if (!wasCut || (await refundedOf(postgres, charge)) !== expected - 100) return;
        lesson('ack-first', {
          observed: `The connection to Postgres was cut at statement ${statement} of a delivery. It was answered with ${status}, and its 100 cents are not refunded.`,
          meaning:
            'To the provider a 2xx says that it need not send the event again. If the work fails after that, nobody will ever do it.',
          lookAt: 'what has to be true before the provider may forget the event.',
        });
      },
    );
    const isThrough = !line.cut;
    line.cutAt(0);
    if (!acknowledged) await redeliver(events.service, event);
    const refunded = await refundedOf(postgres, charge);
    await explain(
      () => {
        expect(
          refunded,
          `cents refunded by ${statement} events of 100, when the last was cut off at statement ${statement} and delivered again`,
        ).toBe(expected);
      },
      () => {
        if (acknowledged || refunded !== expected - 100) return;
        lesson('dedupe-then-process', {
          observed: `The connection to Postgres was cut at statement ${statement} of a delivery, which was answered with ${status}. The provider sent the event again, got 200, and its 100 cents are not refunded.`,
          meaning:
            'The event was marked as seen before its work was done. The crash came in between, and the mark keeps everybody from doing it since.',
          lookAt: 'how two writes become one that happens or does not.',
        });
      },
    );
    if (isThrough) return;
  }
  expect.fail(`A delivery has more than ${MOST_STATEMENTS} statements.`);
});

/** The provider sends it again until it is taken. */
async function redeliver(service: StartedService, event: ProviderEvent): Promise<Answer> {
  return eventually('an event that failed to be taken when it comes again', async () => {
    const answer = await deliver(service, event);
    expect(answer.status, 'status of the event').toBe(200);
    return answer;
  });
}

test('events may come in any order, before the answer, too', async ({
  provider,
  postgres,
  events,
}) => {
  const { service } = events;
  const source = 'card_order';
  let early: Answer | undefined;
  let event: ProviderEvent | undefined;
  provider.plan(source, async (call, charge) => {
    const reply = charge();
    event = refund(call.reference, call.amount);
    early = await deliver(service, event);
    // Who answers first and works then would otherwise race with the answer to the charge.
    const isDone = async () => (await refundedOf(postgres, { id: call.reference })) === call.amount;
    if (early.status === 200) await happens(isDone, { within: BESIDE_WITHIN_MS });
    return reply;
  });
  const paid = (await pay(service, { key: 'order-1', source })).expect(201);
  const { id, amount } = chargeOf(paid);
  expect([200, 404], 'status of an event about a charge that is under way').toContain(
    early?.status,
  );
  if (early?.status === 404 && event) await redeliver(service, event);
  const refunded = { status: 'refunded', refunded: amount };
  const overtaken = await stateOf(service, id);
  expect(overtaken, 'a charge whose refund was faster than its answer').toEqual(refunded);

  for (const late of ['charge.succeeded', 'charge.declined'] as const) {
    (await deliver(service, told(late, id))).expect(200);
    const now = await stateOf(service, id);
    await explain(
      () => expect(now, `a refunded charge after a late ${late}`).toEqual(refunded),
      () => {
        if (now.status !== late.replace('charge.', '')) return;
        lesson('last-event-wins', {
          observed: `A charge was refunded, and then ${late} came, which was older. The charge now says ${now.status}.`,
          meaning:
            'Events come in the order of the network. Whoever writes down the last one goes back in time when an old one was held up or sent again.',
          lookAt: 'which states a charge can still go to from the one it is in.',
        });
      },
    );
  }

  const next = { key: 'order-2', source: 'card_order_2' };
  const settled = (await pay(service, next)).expect(201);
  const charge = chargeOf(settled);
  (await deliver(service, refund(charge.id, 100))).expect(200);
  expect(
    await stateOf(service, charge.id),
    `a charge of ${charge.amount} after a refund of 100`,
  ).toEqual({ status: 'refunded', refunded: 100 });
  const again = await pay(service, next);
  await explain(
    () => {
      expect(again.text, 'the body of a retry, after a refund of 100').toBe(settled.text);
    },
    () => {
      if (!/"status"\s*:\s*"refunded"|"refunded"\s*:\s*100\b/u.test(again.text)) return;
      const { status, refunded: cents } = chargeOf(again);
      lesson('replay-of-the-present', {
        observed: `The first answer said ${charge.status}, refunded ${charge.refunded}. A retry, after a refund of 100, says ${status}, refunded ${cents}.`,
        meaning:
          'A retry asks what the first request did. Answered with the charge as it is today, a client that lost its answer takes the refund for the result of its payment.',
        lookAt: 'what of the first answer can change later, and where it could be kept.',
      });
    },
  );
  const retried = await pay(service, { key: 'order-1', source });
  expect(retried.text, 'the body of a retry of a charge whose refund was faster').toBe(paid.text);
});

test('an event about a charge that is not there is asked for again', async ({ events }) => {
  for (const reference of [randomUUID(), 'order-77']) {
    const event = refund(reference, 100);
    for (const time of ['first', 'second']) {
      const { status } = await deliver(events.service, event);
      expect(status, `status of the ${time} delivery for ${reference}, which is no charge`).toBe(
        404,
      );
    }
  }
});

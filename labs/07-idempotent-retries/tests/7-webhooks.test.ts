import { randomUUID } from 'node:crypto';
import {
  arrival,
  type Draw,
  each,
  explain,
  expect,
  gate,
  happens,
  judges,
  lesson,
  type StartedService,
} from '@backend-labs/testkit';
import {
  type Charge,
  chargeOf,
  expectSameAnswer,
  newTap,
  pay,
  readCharge,
  refundedOf,
} from './support/charges.ts';
import { test } from './support/endpoint.ts';
import { deliver, redeliver, refund, sign, told } from './support/events.ts';
import { overlapped } from './support/line.ts';
import { whileAtProvider } from './support/provider.ts';

const TIMES = 50;
/** More statements than a delivery has. */
const MOST_STATEMENTS = 15;
/** Outer bound of work that goes on behind its answer; a service that answers in time never waits for it. */
const BEHIND_WITHIN_MS = 5_000;
/** The same, while a charge waits for it: far below the time that the provider is given. */
const BESIDE_WITHIN_MS = 1_000;
const DAY_SECONDS = 86_400;
const TOLERANCE_SECONDS = 300;
const SEVEN_MINUTES = 420;

async function newCharge(service: StartedService, draw: Draw, name: string): Promise<Charge> {
  return chargeOf((await pay(service, newTap(draw, name))).expect(201));
}

/** What an event changes. */
async function stateOf(service: StartedService, id: string) {
  const { status, refunded } = await readCharge(service, id);
  return { status, refunded };
}

test(
  'an event that the provider did not sign is refused',
  judges('7.1'),
  async ({ draw, postgres, events: { service } }) => {
    const charge = await newCharge(service, draw, 'forged');
    const forged = refund(charge.id, 1);
    const text = JSON.stringify(forged);
    const signature = sign(text);
    const forgeries: readonly (readonly [string, { text?: string; signature?: string }])[] = [
      ['without a signature', { signature: '' }],
      ['signed with another secret', { signature: sign(text, { secret: 'whsec_guessed' }) }],
      [
        'whose signature is of another body',
        { text: text.replace('"amount":1', '"amount":9'), signature },
      ],
      [
        'with a later time put into the signature',
        { signature: signature.replace(/t=\d+/u, `t=${Math.floor(Date.now() / 1000) + 1}`) },
      ],
      ['whose signature is cut short', { signature: signature.slice(0, -2) }],
      ['whose signature is not one', { signature: 'v1=42' }],
    ];
    await each('forged events', draw.shuffle(forgeries), async ([what, delivery]) => {
      const { status } = await deliver(service, forged, delivery);
      expect(status, `status of an event ${what}`).toBe(400);
    });
    expect(await refundedOf(postgres, charge), 'cents refunded by forged events').toBe(0);
  },
);

test(
  'an event that was signed long ago, or in the future, is refused',
  judges('7.1'),
  async ({ draw, postgres, events: { service } }) => {
    const charge = await newCharge(service, draw, 'aged');
    const ages = [
      ['yesterday', DAY_SECONDS],
      ['seven minutes ago', SEVEN_MINUTES],
      ['with a time seven minutes from now', -SEVEN_MINUTES],
    ] as const;
    await each('events', ages, async ([when, ageSeconds]) => {
      const event = refund(charge.id, 80);
      const signature = sign(JSON.stringify(event), { ageSeconds });
      const { status } = await deliver(service, event, { signature });
      await explain(
        () => expect(status, `status of an event that was signed ${when}`).toBe(400),
        async () => {
          const forged = await deliver(service, event, { signature: 'v1=42' });
          if (status !== 200 || forged.status !== 400) return;
          lesson('any-age', {
            observed: `An event that was signed ${when} got ${status}, and ${await refundedOf(postgres, charge)} cents are refunded; forged ones are refused.`,
            meaning:
              'A signature says who wrote this, not when it was sent. Anybody who once got hold of a delivery, from a log or a proxy, can send it for as long as the secret lives.',
            lookAt: 'what else the signature covers, and what it should be held against.',
          });
        },
      );
    });
    expect(await refundedOf(postgres, charge), 'cents refunded by these events').toBe(0);
  },
);

test(
  'an event that the provider signed is taken, however it is written',
  judges('7.2'),
  async ({ draw, events: { service } }) => {
    const charge = await newCharge(service, draw, 'signed');
    const plain = (await deliver(service, refund(charge.id, 10))).status;
    const written = refund(charge.id, 20);
    const spaced = JSON.stringify(written, undefined, 2).replace('"amount": 20', '"amount": 20.0');
    const answer = await deliver(service, written, { text: spaced });
    const aged = refund(charge.id, 40);
    const signature = sign(JSON.stringify(aged), { ageSeconds: TOLERANCE_SECONDS - 60 });
    const slow = await deliver(service, aged, { signature });
    await explain(
      () => {
        expect(plain, 'status of an event with a right signature').toBe(200);
        expect(answer.status, 'status of an event that is written over several lines').toBe(200);
        expect(slow.status, 'status of an event four minutes old').toBe(200);
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
  },
);

test(
  'a refund adds to what is refunded',
  judges('7.3'),
  async ({ draw, postgres, events: { service } }) => {
    const charge = await newCharge(service, draw, 'refunds');
    const amounts = [draw.int(1, 500), draw.int(501, 1_000), charge.amount];
    let refunded = 0;
    for (const amount of amounts) {
      refunded += amount;
      (await deliver(service, refund(charge.id, amount))).expect(200);
      // A service that answers first and works then is another test's.
      const sofar = refunded;
      const isDone = async () => (await refundedOf(postgres, charge)) === sofar;
      await happens(isDone, { within: BESIDE_WITHIN_MS });
      const state = await stateOf(service, charge.id);
      await explain(
        () => {
          expect(state, `a charge of ${charge.amount} after refunds of ${refunded} in all`).toEqual(
            { status: 'refunded', refunded },
          );
        },
        () => {
          if (state.refunded !== amount || amount === refunded) return;
          lesson('last-refund-wins', {
            observed: `Refunds of ${amounts.slice(0, amounts.indexOf(amount) + 1).join(' and ')} cents came. The charge says refunded ${state.refunded}.`,
            meaning:
              'The last refund has replaced the ones before it. Each event is one refund, and a customer may get several.',
            lookAt: 'whether the amount of an event is a change or a state.',
          });
        },
      );
    }
  },
);

test(
  'an event settles a charge that is pending',
  judges('7.4'),
  async ({ draw, provider, events: { service } }) => {
    const outcomes = [
      ['charge.succeeded', 'succeeded', 'card'],
      ['charge.declined', 'declined', 'card_declined'],
    ] as const;
    await each('events', outcomes, async ([type, status, card]) => {
      const tap = newTap(draw, 'settles', card);
      const during = whileAtProvider(provider, tap.source, async ({ reference }) => {
        const answer = await deliver(service, told(type, reference));
        let now: string | undefined;
        const isDone = async () => {
          now = (await stateOf(service, reference)).status;
          return now !== 'pending';
        };
        // A service that answers first and works then is another test's.
        if (answer.status === 200) await happens(isDone, { within: BESIDE_WITHIN_MS });
        return { early: answer.status, seen: now };
      });
      (await pay(service, tap)).expect(status === 'declined' ? 402 : 201);
      const { early, seen } = await arrival('a call to the provider', during);
      const what = `status (${early}) of ${type}, while the charge's request is under way`;
      expect([200, 404], what).toContain(early);
      if (early === 404) return;
      await explain(
        () => {
          expect(
            seen,
            `status of a charge after ${type}, while its request was at the provider`,
          ).toBe(status);
        },
        () => {
          if (seen !== 'pending') return;
          lesson('settles-nothing', {
            observed: `While a charge was pending, ${type} came and got 200. The charge still says pending.`,
            meaning:
              'The event was the answer that everybody waited for. It was thanked for and thrown away, so the charge stays open until somebody asks the provider again.',
            lookAt: 'what your handler does for each type of event, and to a charge in each state.',
          });
        },
      );
    });
  },
);

test('a charge never goes back', judges('7.5'), async ({ draw, postgres, events: { service } }) => {
  const refundedCharge = await newCharge(service, draw, 'back');
  const event = refund(refundedCharge.id, 100);
  (await deliver(service, event)).expect(200);
  const isDone = async () => (await refundedOf(postgres, refundedCharge)) === 100;
  await happens(isDone, { within: BESIDE_WITHIN_MS });
  const charged = await newCharge(service, draw, 'forward');
  const late = [
    ['charge.succeeded', refundedCharge, { status: 'refunded', refunded: 100 }],
    ['charge.declined', refundedCharge, { status: 'refunded', refunded: 100 }],
    ['charge.declined', charged, { status: 'succeeded', refunded: 0 }],
  ] as const;
  await each('late events', late, async ([type, { id }, state]) => {
    (await deliver(service, told(type, id))).expect(200);
    // What a service does behind its answer comes before this.
    await newCharge(service, draw, 'behind');
    const now = await stateOf(service, id);
    await explain(
      () => expect(now, `a ${state.status} charge after a late ${type}`).toEqual(state),
      () => {
        if (now.status !== type.replace('charge.', '')) return;
        lesson('last-event-wins', {
          observed: `A charge was ${state.status}, and then ${type} came, which was older. The charge now says ${now.status}.`,
          meaning:
            'Events come in the order of the network. A service that writes down the last one goes back in time when an old one was held up or sent again.',
          lookAt: 'which states a charge can still go to from the one it is in.',
        });
      },
    );
  });
});

test(
  'an event that comes 50 times at once counts once',
  judges('7.6'),
  async ({ draw, postgres, events }) => {
    const { service, line } = events;
    const charge = await newCharge(service, draw, 'fifty');
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
    // A service that answers first and works then is another test's. Its work comes before this.
    await newCharge(service, draw, 'behind');
    const isDone = async () => (await refundedOf(postgres, charge)) >= 100;
    await happens(isDone, { within: BESIDE_WITHIN_MS });
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
  },
);

test(
  'an event is answered when it is written down, and survives a crash at any statement',
  judges('7.7'),
  async ({ draw, postgres, events }) => {
    const { line } = events;
    // Even if this test fails: the next ones are to see no cut.
    using _uncut = { [Symbol.dispose]: () => line.cutAt(0) };
    for (let statement = 1; statement <= MOST_STATEMENTS; statement += 1) {
      // A charge of its own each, so that no refund hides what became of another.
      const charge = await newCharge(events.service, draw, `crash-${statement}`);
      const event = refund(charge.id, 100);
      line.cutAt(statement);
      const first = await events.riskDelivery(event);
      const status = first?.status ?? 'a broken connection';
      const acknowledged = first !== undefined && first.status < 300;
      const atOnce = await refundedOf(postgres, charge);
      await explain(
        () => {
          if (acknowledged) {
            expect(atOnce, `cents refunded by an event of 100, when it got ${status}`).toBe(100);
          }
        },
        async () => {
          // Answered before its work, so that the cut comes after the answer.
          const wasCut = await happens(() => line.cut, { within: BEHIND_WITHIN_MS });
          if (!wasCut || (await refundedOf(postgres, charge)) !== 0) return;
          lesson('ack-first', {
            observed: `The connection to Postgres was cut at statement ${statement} of a delivery. It got ${status}, and its 100 cents are not refunded.`,
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
            `cents refunded by an event of 100 that was cut off at statement ${statement} and delivered again`,
          ).toBe(100);
        },
        () => {
          if (acknowledged || refunded !== 0) return;
          lesson('dedupe-then-process', {
            observed: `The connection to Postgres was cut at statement ${statement} of a delivery, which got ${status}. The provider sent the event again, got 200, and its 100 cents are not refunded.`,
            meaning:
              'The event was marked as seen before its work was done. The crash came in between, and the mark keeps everybody from doing it since.',
            lookAt: 'how two writes become one that happens or does not.',
          });
        },
      );
      if (isThrough) return;
    }
    expect.fail(`A delivery has more than ${MOST_STATEMENTS} statements.`);
  },
);

test(
  'an event about a charge that is not there gets 404',
  judges('7.8'),
  async ({ draw, events }) => {
    const id = randomUUID();
    const references = [id, `order-${draw.int(1, 999)}`, `${id}0`, `x${id}`];
    await each('references', references, async (reference) => {
      const event = refund(reference, 100);
      for (const time of ['first', 'second']) {
        const { status } = await deliver(events.service, event);
        await explain(
          () => {
            expect(
              status,
              `status of the ${time} delivery for ${reference}, which is not a charge`,
            ).toBe(404);
          },
          () => {
            if (time === 'first' || status !== 200) return;
            lesson('marks-the-unknown', {
              observed: `An event about ${reference}, which is not a charge, got 404, and 200 when it came again.`,
              meaning:
                'The event was marked as seen although there was nothing to apply it to. If its charge is there a moment later, the event has been acknowledged and never counts.',
              lookAt: 'what becomes of the mark when the event cannot be applied.',
            });
          },
        );
      }
    });
  },
);

test(
  'a retry gets its first answer, even after a refund',
  judges('7.9'),
  async ({ draw, postgres, events: { service } }) => {
    const tap = newTap(draw, 'replay');
    const settled = (await pay(service, tap)).expect(201);
    const charge = chargeOf(settled);
    (await deliver(service, refund(charge.id, 100))).expect(200);
    // A service that answers first and works then is another test's.
    const isDone = async () => (await refundedOf(postgres, charge)) === 100;
    await happens(isDone, { within: BESIDE_WITHIN_MS });
    const again = await pay(service, tap);
    await explain(
      () => expectSameAnswer(settled, again, 'a retry after a refund of 100'),
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
  },
);

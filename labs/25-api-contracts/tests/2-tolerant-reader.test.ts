import { each, expect, explain, judges, lesson, type Reply } from '@backend-labs/testkit';
import { SHIPMENT, SHOWN, test } from './support/carrier.ts';

test('fields that the carrier adds change nothing', judges('2.1'), async ({ draw, tracked }) => {
  const [name, inner] = [draw.word(), draw.word()];
  const stops = SHIPMENT.stops.map((stop) => ({ ...stop, [inner]: draw.int(1, 99) }));
  const answers = [
    ['the fields of the manual', SHIPMENT],
    ['an eta', { ...SHIPMENT, eta: '2026-11-28T10:00:00Z' }],
    [`a field ${name}`, { ...SHIPMENT, [name]: { a: 1 } }],
    [`a field ${inner} in each stop`, { ...SHIPMENT, stops }],
  ] as const;
  const served = new Set<string>();
  await each('answers of the carrier', answers, async ([what, body]) => {
    const answer = await tracked.track({ body });
    if (answer.status === 200) served.add(what);
    await explain(
      () => {
        answer.expect(200);
        expect(answer.body, `our answer when the carrier's has ${what}`).toEqual(SHOWN);
      },
      () => {
        if (!served.has('the fields of the manual') || answer.status === 200) return;
        if (served.has('an eta') && !served.has(`a field ${name}`)) {
          lesson('one-more-known-field', {
            observed: `The carrier's answer had ${what}, and we answered ${answer.status}. With an eta we answered 200.`,
            meaning:
              'The list of fields that may be there grew by the one of this morning. The next field that the carrier adds stops us again.',
            lookAt: 'whether a reader needs a list of the fields that it does not read.',
          });
        }
        lesson('closed-to-new-fields', {
          observed: `The carrier's answer had ${what}, and we answered ${answer.status}.`,
          meaning:
            'To add a field is what every API may do at any time. A reader that refuses unknown fields turns each such release of the carrier into our outage.',
          lookAt:
            'which fields of the answer the service reads, and what it demands of the others.',
        });
      },
    );
  });
});

test(
  'a state that we do not know is shown as unknown',
  judges('2.2'),
  async ({ draw, tracked }) => {
    const states = ['returned_to_sender', draw.word(), 'DELIVERED', ''];
    await each('states', states, async (state) => {
      const answer = await tracked.track({ body: { ...SHIPMENT, state } });
      await explain(
        () => {
          answer.expect(200);
          expect(answer.body, `our answer to the state "${state}"`).toEqual({
            ...SHOWN,
            state: 'unknown',
          });
        },
        async () => {
          if (answer.status !== 200) {
            if ((await tracked.track({ body: SHIPMENT })).status !== 200) return;
            lesson('closed-list-from-outside', {
              observed: `The carrier answered the state "${state}", and we answered ${answer.status}. To the state "${SHIPMENT.state}" we answered 200.`,
              meaning:
                "The list of states is the carrier's, and it will grow. Everything else in the answer was as usual, and our clients got none of it.",
              lookAt: 'what the service can say about a parcel whose state is new to it.',
            });
          }
          if ((answer.body as { state?: unknown }).state === state) {
            lesson('passed-through', {
              observed: `The carrier answered the state "${state}", and so did we.`,
              meaning:
                'Our clients know four states: three, and unknown. A value that comes straight from another company makes our contract as long as theirs.',
              lookAt: 'at which point the words of the carrier become ours.',
            });
          }
        },
      );
    });
  },
);

test('a state that we know is shown as it is', judges('2.2'), async ({ tracked }) => {
  await each('states', ['created', 'in_transit', 'delivered'], async (state) => {
    const answer = (await tracked.track({ body: { ...SHIPMENT, state } })).expect(200);
    expect(answer.body, `our answer to the state "${state}"`).toEqual({ ...SHOWN, state });
  });
});

test('the last stop is null if there is none', judges('2.3'), async ({ tracked }) => {
  const { stops: _stops, ...without } = SHIPMENT;
  const { number: _number, ...nameless } = SHIPMENT;
  const last = SHIPMENT.stops[1];
  const answers = [
    ['no stops', without, null],
    ['stops of null', { ...SHIPMENT, stops: null }, null],
    ['an empty list of stops', { ...SHIPMENT, stops: [] }, null],
    ['one stop', { ...SHIPMENT, stops: [last] }, 'Leipzig'],
    ['a stop without a time', { ...SHIPMENT, stops: [{ place: 'Leipzig' }] }, 'Leipzig'],
    ['no number', nameless, 'Leipzig'],
  ] as const;
  await each('answers of the carrier', answers, async ([what, body, lastStop]) => {
    const answer = await tracked.track({ body });
    await explain(
      () => {
        answer.expect(200);
        expect(answer.body, `our answer when the carrier's has ${what}`).toEqual({
          ...SHOWN,
          lastStop,
        });
      },
      async () => {
        if (answer.status < 500) return;
        if ((await tracked.track({ body: SHIPMENT })).status !== 200) return;
        lesson('needs-more-than-it-shows', {
          observed: `The carrier's answer had ${what}, and we answered ${answer.status}. With all its fields we answered 200.`,
          meaning:
            'The state and its time were there. Because of a field that may well be empty, clients got nothing at all.',
          lookAt: 'without which fields our answer would be of no use, and without which it would.',
        });
      },
    );
  });
});

test('an answer without what we need is a 502', judges('2.4'), async ({ tracked }) => {
  const { state: _state, ...stateless } = SHIPMENT;
  const { updatedAt: _updatedAt, ...timeless } = SHIPMENT;
  const replies: readonly (readonly [string, Reply])[] = [
    ['no state', { body: stateless }],
    ['a state of null', { body: { ...SHIPMENT, state: null } }],
    ['a number as its state', { body: { ...SHIPMENT, state: 7 } }],
    ['no updatedAt', { body: timeless }],
    ['a number as updatedAt', { body: { ...SHIPMENT, updatedAt: 1_764_266_531 } }],
    ['a list as its body', { body: [SHIPMENT] }],
    ['null as its body', { body: 'null' }],
    ['a page of HTML as its body', { body: '<html>maintenance</html>' }],
    ['status 500', { status: 500, body: SHIPMENT }],
    ['status 404', { status: 404, body: SHIPMENT }],
    ['status 203', { status: 203, body: SHIPMENT }],
    ['a connection that breaks', 'reset'],
  ];
  await each('answers of the carrier', replies, async ([what, reply]) => {
    const answer = await tracked.track(reply);
    await explain(
      () => {
        expect(answer.status, `our status when the carrier's answer has ${what}`).toBe(502);
      },
      () => {
        if (answer.status !== 200) return;
        // Where 500 is a 502 and another status is not, the status was read.
        if (what.startsWith('status') && what !== 'status 500') return;
        if (what === 'status 500') {
          lesson('status-not-read', {
            observed: `The carrier answered with ${what}, and we answered 200 ${answer.text}`,
            meaning:
              'fetch rejects if no answer comes. An answer with the status 500 is an answer to it, and its body is read like any other.',
            lookAt: 'what the service looks at before it reads the body.',
          });
        }
        lesson('tolerant-of-everything', {
          observed: `The carrier's answer had ${what}, and we answered 200 ${answer.text}`,
          meaning:
            'A tolerant reader ignores what it does not need. What it needs, it checks: otherwise a fault of the carrier becomes our wrong answer, and nobody notices.',
          lookAt: 'what our answer says if state or updatedAt is not there.',
        });
      },
    );
  });
});

test(
  'a carrier that refuses the connection is a 502',
  judges('2.4'),
  async ({ definition, postgres, service: alone }) => {
    // Nobody listens on port 1 of this machine.
    await using service = await definition.with({ CARRIER_URL: 'http://127.0.0.1:1' }).start();
    const [row] = await postgres.query<{ id: string }>(
      'SELECT max(id) AS id FROM parcels WHERE tracking IS NOT NULL',
    );
    const answer = await service.get(`/v1/parcels/${row?.id}/tracking`);
    expect(answer.status, 'our status when the carrier refuses the connection').toBe(502);
    const { status } = await alone.get(`/v1/parcels/${row?.id}/tracking`);
    expect(status, 'our status when there is no CARRIER_URL').toBe(502);
  },
);

import {
  type Draw,
  each,
  expect,
  happens,
  judges,
  type LogEntry,
  type PostgresProbe,
  type StartedService,
} from '@backend-labs/testkit';
import {
  type ClientTrace,
  drawCheckout,
  eventuallyShipped,
  newTrace,
  post,
} from './support/checkouts.ts';
import { expectOwnLine, expectOwnTrace, expectSameId } from './support/diagnose-correlation.ts';
import { holdCheckouts } from './support/held.ts';
import { completions, newRequestId, settle } from './support/lines.ts';
import { test } from './support/services.ts';

/** Connections of the starter's pool: so many statements certainly wait at the same time. */
const HELD = 10;
const CROWD = 200;

interface Sent {
  readonly requestId: string;
  readonly trace: ClientTrace;
  readonly orderId: string;
  readonly id: string;
}

test(
  'every line of a request or message has ids of an exported span',
  judges('4.1'),
  async ({ api, collector, draw, postgres, worker }) => {
    // What the worker writes at its start is before its first line about a checkout.
    const early = drawCheckout(draw);
    await eventuallyShipped(postgres, [(await post(api, early)).body.id]);
    const aboutEarly = () => worker.logs.stdout.some((line) => line.includes(early.orderId));
    await happens(aboutEarly, { within: 10_000 });
    await settle(api);
    const marks = { api: api.logs.mark(), worker: worker.logs.mark() };
    const { body } = await post(api, drawCheckout(draw));
    await post(api, { ...drawCheckout(draw), amount: 2_000_000 });
    await eventuallyShipped(postgres, [body.id]);
    await settle(api);
    const [first, second] = [api.logs.since(marks.api), worker.logs.since(marks.worker)];
    await happens(() => second.entries.length > 0, { within: 10_000 });
    const lines = [...first.entries, ...second.entries];
    expect(completions(first).length, 'completion lines').toBeGreaterThanOrEqual(3);
    expect(second.entries.length, 'lines of the worker about a checkout').toBeGreaterThan(0);
    await each('lines', lines, async ({ msg, fields }) => {
      const { trace_id: traceId, span_id: spanId } = fields;
      const what = `"${msg ?? ''}" of ${String(fields['service'])}`;
      expect(String(traceId), `trace_id of ${what}`).toMatch(/^[\da-f]{32}$/u);
      const found = await happens(
        () => collector.spans.some((span) => span.traceId === traceId && span.spanId === spanId),
        { within: 5_000 },
      );
      expect(found, `whether a span with the trace_id and span_id of ${what} was exported`).toBe(
        true,
      );
    });
  },
);

test(
  'completion lines of 200 concurrent requests have their own ids',
  judges('4.2'),
  async ({ api, draw, postgres }) => {
    const mark = api.logs.mark();
    const sent = await crowd({ api, draw, postgres });
    await settle(api);
    const lines = completions(api.logs.since(mark));
    expect(lines.length, `completion lines of ${CROWD + 1} requests`).toBe(CROWD + 1);
    await each('requests', sent, (one) => expectOwnLine(one, lines));
  },
);

test(
  'lines of the worker have the trace of the request that asked',
  judges('4.3'),
  async ({ api, draw, postgres, worker }) => {
    const { sent, lines } = await shippedCrowd({ api, draw, postgres, worker });
    await each('checkouts', sent, (one) => expectOwnTrace(one, lines));
  },
);

test(
  'lines of the worker have the request id',
  judges('4.4'),
  async ({ api, draw, postgres, worker }) => {
    const { sent, lines } = await shippedCrowd({ api, draw, postgres, worker });
    await each('checkouts', sent, ({ orderId, requestId }) => {
      const own = lines.filter(({ fields }) => fields['orderId'] === orderId);
      expect(own.length, `lines of the worker with orderId ${orderId} (2.5)`).toBeGreaterThan(0);
      for (const { fields } of own) {
        expect(fields['requestId'], `requestId in a line of the worker about ${orderId}`).toBe(
          requestId,
        );
      }
    });
  },
);

test('every line of a request has its request id', judges('4.5'), async ({ api, draw }) => {
  await settle(api);
  const requests = [drawCheckout(draw), { ...drawCheckout(draw), amount: 2_000_000 }, {}];
  await each('requests', draw.shuffle(requests), async (body) => {
    const requestId = newRequestId('each');
    const mark = api.logs.mark();
    await post(api, body, { headers: { 'x-request-id': requestId } });
    const logs = api.logs.since(mark);
    await happens(() => completions(logs).length > 0, { within: 10_000 });
    expect(logs.entries.length, 'lines of a request').toBeGreaterThan(0);
    await expectSameId(requestId, logs.entries);
  });
});

interface Crowd {
  readonly api: StartedService;
  readonly draw: Draw;
  readonly postgres: PostgresProbe;
}

/** 200 checkouts at the same time: the first ones wait for a table until all were sent. */
async function crowd({ api, draw, postgres }: Crowd): Promise<Sent[]> {
  const begun: Promise<Sent>[] = [];
  {
    await using held = await holdCheckouts(postgres);
    for (let count = 0; count < CROWD; count += 1) {
      const requestId = newRequestId('crowd');
      const trace = newTrace();
      const checkout = drawCheckout(draw);
      const headers = { ...trace.header, 'x-request-id': requestId };
      begun.push(
        post(api, checkout, { headers }).then((answer) => ({
          requestId,
          trace,
          orderId: checkout.orderId,
          id: answer.expect(202).body.id,
        })),
      );
    }
    await held.waiting(HELD);
  }
  return Promise.all(begun);
}

/** The same, and the lines that the worker writes until all are shipped. */
async function shippedCrowd({
  worker,
  ...rest
}: Crowd & { readonly worker: StartedService }): Promise<{ sent: Sent[]; lines: LogEntry[] }> {
  const mark = worker.logs.mark();
  const sent = await crowd(rest);
  await eventuallyShipped(
    rest.postgres,
    sent.map(({ id }) => id),
  );
  const logs = worker.logs.since(mark);
  const orders = (): Set<unknown> => new Set(logs.entries.map(({ fields }) => fields['orderId']));
  await happens(() => sent.every(({ orderId }) => orders().has(orderId)), {
    within: 2_000,
    every: 100,
  });
  return { sent, lines: logs.entries };
}

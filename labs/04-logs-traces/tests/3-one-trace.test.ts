import {
  each,
  expect,
  happens,
  judges,
  type OtlpCollector,
  type PostgresProbe,
  type Span,
} from '@backend-labs/testkit';
import { drawCheckout, eventuallyShipped, newTrace, post } from './support/checkouts.ts';
import {
  expectConsumer,
  expectContinued,
  expectServerSpan,
  expectStatements,
  expectUsual,
} from './support/diagnose-traces.ts';
import { shipsBare } from './support/bare-message.ts';
import { test } from './support/services.ts';
import {
  isBelow,
  isConsumer,
  isProducer,
  isServer,
  spanSince,
  spansOf,
  traced,
} from './support/traces.ts';

const UUID = '00000000-0000-4000-8000-000000000000';

test(
  'the SERVER span of a request is named by method and route',
  judges('3.1'),
  async ({ api, collector, draw }) => {
    const requests = [
      { method: 'POST', path: '/v1/checkouts', route: '/v1/checkouts', body: drawCheckout(draw) },
      { method: 'GET', path: `/v1/checkouts/${UUID}`, route: '/v1/checkouts/:id' },
      { method: 'GET', path: `/v1/checkouts/${draw.word()}`, route: '/v1/checkouts/:id' },
    ];
    await each('requests', draw.shuffle(requests), async ({ method, path, route, body }) => {
      const { server } = await traced(collector, () => api.request(method, path, { body }));
      const spans = server ? spansOf(collector, server.traceId).filter(isServer) : [];
      expect(spans.length, `SERVER spans of ${method} ${path}`).toBe(1);
      await expectServerSpan(spans[0], { method, path, route }, collector);
    });
  },
);

test('a health check has no span', judges('3.1'), async ({ api, collector, draw }) => {
  const before = collector.spans.length;
  for (let sent = 0; sent < 2; sent += 1) await api.get('/healthz');
  const last = draw.word(16);
  await api.get(`/v1/checkouts/${last}`);
  const spansAbout = (text: string): Span[] =>
    collector.spans
      .slice(before)
      .filter((span) => isServer(span) && JSON.stringify(span).includes(text));
  // Spans are exported in the order in which they end.
  await happens(() => spansAbout(last).length > 0, { within: 5_000 });
  const found = spansAbout('healthz').map(({ name }) => name);
  expect(found, 'SERVER spans of two health checks').toEqual([]);
});

test(
  'statements of a request are below its SERVER span',
  judges('3.2'),
  async ({ api, collector, draw }) => {
    const { server } = await traced(collector, () => post(api, drawCheckout(draw)));
    expect(server?.kind, 'kind of the span of a request').toBe('server');
    const spans = spansOf(collector, server?.traceId ?? '');
    await expectStatements('SERVER', 1, server, spans, collector);
  },
);

test(
  'a checkout is one trace across the queue',
  judges('3.3'),
  async ({ api, collector, draw, postgres, worker: _worker }) => {
    const { answer, server } = await traced(collector, () => post(api, drawCheckout(draw)));
    await eventuallyShipped(postgres, [answer.body.id]);
    expect(server?.kind, 'kind of the span of a request').toBe('server');
    const traceId = server?.traceId ?? '';
    await expectConsumer(collector, traceId);
    const spans = spansOf(collector, traceId);
    const parents = spans.filter(isConsumer).map(({ parentSpanId }) => parentSpanId);
    const producer = spans.filter(isProducer).find(({ spanId }) => parents.includes(spanId));
    expect(
      producer !== undefined,
      'whether the CONSUMER span has a PRODUCER span as its parent',
    ).toBe(true);
    expect(
      server && producer && isBelow(server, producer, spans),
      'whether the PRODUCER span is below the SERVER span',
    ).toBe(true);
  },
);

test(
  'statements of the worker are below the CONSUMER span',
  judges('3.4'),
  async ({ api, collector, draw, postgres, worker: _worker }) => {
    await workerIsDone(postgres, collector);
    const before = collector.spans.length;
    const { answer } = await traced(collector, () => post(api, drawCheckout(draw)));
    await eventuallyShipped(postgres, [answer.body.id]);
    const consumer = await spanSince(collector, before, isConsumer);
    const spans = collector.spans.slice(before);
    await expectStatements('CONSUMER', 2, consumer, spans, collector);
  },
);

/** Waits until the worker has shipped all checkouts, and exported a CONSUMER span for each. */
async function workerIsDone(postgres: PostgresProbe, collector: OtlpCollector): Promise<void> {
  const counts = async (): Promise<{ waiting: number; shipped: number }> => {
    const [row] = await postgres.query<{ waiting: number; shipped: number }>(
      `SELECT count(*) FILTER (WHERE state = 'requested')::int AS waiting,
              count(*) FILTER (WHERE state = 'shipped')::int AS shipped
         FROM checkouts`,
    );
    return row ?? { waiting: 0, shipped: 0 };
  };
  await happens(async () => (await counts()).waiting === 0, { within: 5_000 });
  const { shipped } = await counts();
  await happens(() => collector.spans.filter(isConsumer).length >= shipped, { within: 5_000 });
}

test('a valid traceparent is continued', judges('3.5'), async ({ api, collector }) => {
  const { traceId, spanId, header } = newTrace();
  const path = `/v1/checkouts/${UUID}`;
  const { server } = await traced(collector, () => api.get(path, { headers: header }));
  await expectContinued(server, { traceId, spanId });
});

const MALFORMED = [
  'garbage',
  '',
  '00-0-0-01',
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
  '00-4BF92F3577B34DA6A3CE929D0E0E473G-00f067aa0ba902b7-01',
  `ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`,
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7',
];

test(
  'a traceparent that is not valid changes nothing',
  judges('3.6'),
  async ({ api, collector, draw }) => {
    await each('trace headers', draw.shuffle(MALFORMED), async (traceparent) => {
      const before = collector.spans.length;
      const path = `/v1/checkouts/${draw.word(16)}`;
      const { status } = await api.get(path, { headers: { traceparent } });
      const what = `a request with traceparent "${traceparent}"`;
      await expectUsual(status, what, 404);
      const span = await spanSince(collector, before, isServer);
      expect(span?.kind, `kind of the span of ${what}`).toBe('server');
      const traceId = String(span?.traceId);
      expect(traceId, `trace id of ${what}`).toMatch(/^(?!0{32})[\da-f]{32}$/u);
      const taken = traceparent.toLowerCase().includes(traceId);
      expect(taken, `whether ${what} is in its trace`).toBe(false);
      expect(span?.parentSpanId, `parent of the span of ${what}`).toBe(undefined);
    });
  },
);

test(
  'a message without headers is shipped, in a trace of its own',
  judges('3.7'),
  async ({ collector, draw, postgres, rabbitmq, worker: _worker }) => {
    const before = collector.spans.length;
    await shipsBare(postgres, rabbitmq, drawCheckout(draw));
    const root = await spanSince(
      collector,
      before,
      (span) => isConsumer(span) && span.parentSpanId === undefined,
    );
    expect(root !== undefined, 'whether it has a CONSUMER span without a parent').toBe(true);
  },
);

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { OtlpCollector } from '../src/http/otlp-collector.ts';

// Bodies as opentelemetry-js sends them with http/json.
const resource = {
  attributes: [{ key: 'service.name', value: { stringValue: 'checkout-api' } }],
};

function post(url: string, body: unknown, zipped = false): Promise<Response> {
  const json = JSON.stringify(body);
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(zipped && { 'content-encoding': 'gzip' }),
    },
    body: zipped ? new Uint8Array(gzipSync(json)) : json,
  });
}

test('spans come with plain attributes, kind and status', async () => {
  await using collector = await OtlpCollector.open();
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: 'aaaaaaaaaaaaaaaa',
    name: 'POST /checkout',
    kind: 2,
    status: { code: 2 },
    attributes: [
      { key: 'http.route', value: { stringValue: '/checkout' } },
      { key: 'http.response.status_code', value: { intValue: '500' } },
      { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
    ],
    events: [{ name: 'exception', attributes: [] }],
    links: [{ traceId: 'cc', spanId: 'dd', attributes: [] }],
  };
  const scopeSpans = [{ scope: { name: 'http' }, spans: [span] }];
  const answer = await post(`${collector.url}/v1/traces`, {
    resourceSpans: [{ resource, scopeSpans }],
  });
  expect(answer.status).toBe(200);
  const found = await collector.waitForSpan('the span', ({ kind }) => kind === 'server');
  expect(found).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: 'aaaaaaaaaaaaaaaa',
    name: 'POST /checkout',
    kind: 'server',
    status: 'error',
    attributes: { 'http.route': '/checkout', 'http.response.status_code': 500, tags: ['a'] },
    events: [{ name: 'exception', attributes: {} }],
    links: [{ traceId: 'cc', spanId: 'dd' }],
    resource: { 'service.name': 'checkout-api' },
    scope: 'http',
  });
});

test('metrics come one by data point, from a zipped body too', async () => {
  await using collector = await OtlpCollector.open();
  const metrics = [
    {
      name: 'http.server.request.duration',
      unit: 's',
      histogram: {
        dataPoints: [{ attributes: [], count: 3, sum: 0.25, explicitBounds: [0.005, 0.01] }],
      },
    },
    { name: 'in_flight', unit: '1', gauge: { dataPoints: [{ asInt: '2' }, { asDouble: 0.5 }] } },
  ];
  await post(
    `${collector.url}/v1/metrics`,
    { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] },
    true,
  );
  expect(collector.metrics).toMatchObject([
    { type: 'histogram', unit: 's', value: 0.25, count: 3, bounds: [0.005, 0.01] },
    { name: 'in_flight', type: 'gauge', value: 2 },
    { name: 'in_flight', value: 0.5, resource: { 'service.name': 'checkout-api' } },
  ]);
});

test('logs come with their trace', async () => {
  await using collector = await OtlpCollector.open();
  const logRecords = [
    { body: { stringValue: 'paid' }, severityText: 'info', traceId: 'aa', attributes: [] },
  ];
  await post(`${collector.url}/v1/logs`, {
    resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }],
  });
  expect(collector.logs).toMatchObject([{ body: 'paid', severity: 'info', traceId: 'aa' }]);
});

test('a body of another shape is no span and no crash', async () => {
  await using collector = await OtlpCollector.open();
  await post(`${collector.url}/v1/traces`, { resourceSpans: [{ scopeSpans: 'oops' }, null] });
  expect(collector.spans).toEqual([]);
});

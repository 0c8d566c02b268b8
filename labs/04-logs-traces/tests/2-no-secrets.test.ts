import { each, eventually, expect, happens, judges } from '@backend-labs/testkit';
import {
  type Checkout,
  drawCheckout,
  eventuallyShipped,
  MORE,
  newTrace,
  post,
  shipMore,
} from './support/checkouts.ts';
import {
  expectDiagnosable,
  expectNoLine,
  expectNotExported,
  expectOrder,
} from './support/diagnose-secrets.ts';
import { completions, completionsOf, newRequestId, settle } from './support/lines.ts';
import { type Secret, secretRequest, secretsOf } from './support/secrets.ts';
import { test } from './support/services.ts';

test('secrets of headers and the query are not logged', judges('2.1'), async ({ api, draw }) => {
  const secrets: Secret[] = [];
  for (const status of [202, 400, 404, 500]) {
    const { headers, query, secrets: these } = secretRequest(draw);
    secrets.push(...these.map(({ what, value }) => ({ what: `${what} (${status})`, value })));
    if (status === 404) await api.get(`/v1/checkouts/7${query}`, { headers });
    else {
      const amount = status === 500 ? 2_000_000 : 700;
      const body = status === 400 ? {} : { ...drawCheckout(draw), amount };
      await api.post(`/v1/checkouts${query}`, body, { headers });
    }
  }
  await settle(api);
  await each('searches for secrets', secrets, (secret) => expectNoLine(secret, [api]));
});

test(
  'secrets of a body are not logged when the API answers 202 or 400',
  judges('2.2'),
  async ({ api, draw, postgres, worker }) => {
    const good = drawCheckout(draw);
    const { body } = await post(api, good);
    const wrong = drawCheckout(draw);
    (await post(api, { ...wrong, amount: -1 })).expect(400);
    const broken = drawCheckout(draw);
    const text = JSON.stringify(broken).replace('"card"', 'card');
    const headers = { 'content-type': 'application/json' };
    (await post(api, text, { headers })).expect(400);
    await eventuallyShipped(postgres, [body.id]);
    await settle(api);
    await shipMore(draw, api, postgres);

    const secrets = [
      ...secretsOf(good, 'a checkout (202)'),
      ...secretsOf(wrong, 'an invalid checkout (400)'),
      ...secretsOf(broken, 'a body that is not JSON (400)'),
    ];
    await each('searches for secrets', secrets, (secret) => expectNoLine(secret, [api, worker]));
  },
);

test(
  'secrets are not logged when the database refuses a row',
  judges('2.3'),
  async ({ api, draw, postgres, worker }) => {
    const { refused, dropped } = await fail(draw, api);
    await shipMore(draw, api, postgres);
    const secrets = [
      ...secretsOf(refused, 'a refused row (500)'),
      ...secretsOf(dropped, 'a refused shipment (worker)'),
    ];
    await each('searches for secrets', secrets, (secret) => expectNoLine(secret, [api, worker]));
  },
);

test(
  'nothing that is exported holds a secret',
  judges('2.4'),
  async ({ api, collector, draw, postgres, worker: _worker }) => {
    const { headers, query, secrets } = secretRequest(draw);
    const good = drawCheckout(draw);
    await api.post(`/v1/checkouts${query}`, good, { headers });
    const wrong = drawCheckout(draw);
    await post(api, { ...wrong, amount: -1 });
    const broken = drawCheckout(draw);
    const text = JSON.stringify(broken).replace('"card"', 'card');
    await post(api, text, { headers: { 'content-type': 'application/json' } });
    const { refused, dropped } = await fail(draw, api);
    await shipMore(draw, api, postgres);
    await exportedAll(api, collector);

    const all = [
      ...secrets,
      ...secretsOf(good, 'a checkout (202)'),
      ...secretsOf(wrong, 'an invalid checkout (400)'),
      ...secretsOf(broken, 'a body that is not JSON (400)'),
      ...secretsOf(refused, 'a refused row (500)'),
      ...secretsOf(dropped, 'a refused shipment (worker)'),
    ];
    await each('searches for secrets', all, (secret) => expectNotExported(secret, collector));
  },
);

test('the order id is logged', judges('2.5'), async ({ api, draw, postgres, worker }) => {
  const good = drawCheckout(draw);
  const goodId = newRequestId('good');
  await post(api, good, { headers: { 'x-request-id': goodId } });
  const refusedId = newRequestId('refused');
  const { refused, dropped, droppedId } = await fail(draw, api, refusedId);
  await shipMore(draw, api, postgres);
  await settle(api);

  const completed = [
    { what: 'a checkout (202)', id: goodId, checkout: good },
    { what: 'a refused row (500)', id: refusedId, checkout: refused },
    { what: 'a checkout that the worker drops (202)', id: droppedId, checkout: dropped },
  ];
  await each('completion lines', completed, ({ what, id, checkout }) => {
    const orderIds = completionsOf(api.logs, id).map(({ fields }) => fields['orderId']);
    expect(orderIds, `orderId in the completion line of ${what}`).toEqual([checkout.orderId]);
  });
  const shipped = [
    { what: 'a checkout that is shipped', checkout: good },
    { what: 'a checkout that is dropped', checkout: dropped },
  ];
  await each('checkouts in the worker', shipped, ({ what, checkout }) =>
    expectOrder(what, checkout.orderId, worker.logs),
  );
});

test(
  'an unexpected failure can be diagnosed',
  judges('2.6'),
  async ({ api, draw, postgres, worker }) => {
    const marks = { api: api.logs.mark(), worker: worker.logs.mark() };
    await fail(draw, api);
    await shipMore(draw, api, postgres);
    await settle(api);
    const failures = [
      { what: 'checkout-api', logs: api.logs.since(marks.api), code: '23514' },
      { what: 'fulfil-worker', logs: worker.logs.since(marks.worker), code: 'P0001' },
    ];
    await each('logged failures', failures, async ({ what, logs, code }) => {
      await expectDiagnosable(what, code, logs.entries);
    });
  },
);

test(
  'lines of a checkout that goes well have levels below 50',
  judges('2.6'),
  async ({ api, draw, postgres, worker }) => {
    await settle(api);
    const marks = { api: api.logs.mark(), worker: worker.logs.mark() };
    await shipMore(draw, api, postgres);
    // Not `settle`: it sends a request that the API answers with 404, and its lines may have any level.
    const answered = api.logs.since(marks.api);
    await happens(() => completions(answered).length >= MORE, { within: 10_000 });
    const lines = [answered, worker.logs.since(marks.worker)].flatMap(({ entries }) => entries);
    const high = lines.filter(({ level = 0 }) => level >= 50).map(({ msg = '' }) => msg);
    expect(high, 'lines with level 50 or more').toEqual([]);
  },
);

type Api = Parameters<typeof settle>[0];

/** A checkout that the database refuses, and one that the worker drops. */
async function fail(
  draw: Parameters<typeof drawCheckout>[0],
  api: Api,
  refusedId = newRequestId('refused'),
): Promise<{ refused: Checkout; dropped: Checkout; droppedId: string }> {
  const refused = { ...drawCheckout(draw), amount: draw.int(1_000_001, 9_000_000) };
  (await post(api, refused, { headers: { 'x-request-id': refusedId } })).expect(500);
  const plain = drawCheckout(draw);
  const dropped = { ...plain, customer: { ...plain.customer, country: 'AQ' } };
  const droppedId = newRequestId('dropped');
  (await post(api, dropped, { headers: { 'x-request-id': droppedId } })).expect(202);
  return { refused, dropped, droppedId };
}

/** Waits until a span, and metrics, of a last request are exported: then those before it are. */
async function exportedAll(
  api: Api,
  collector: Parameters<typeof expectNotExported>[1],
): Promise<void> {
  const { traceId, header } = newTrace();
  await api.get('/v1/checkouts/last', { headers: header });
  const metrics = collector.metrics.length;
  await happens(() => collector.spans.some((span) => span.traceId === traceId), { within: 5_000 });
  await eventually('metrics', () => collector.metrics.length > metrics, { within: 5_000 });
}

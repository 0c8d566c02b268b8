import { each, expect, happens, judges } from '@backend-labs/testkit';
import { answersOf, expectAnswer, rowsOf } from './support/answers.ts';
import { readLine } from './support/json-lines.ts';
import { drawCheckout, eventuallyShipped, post, shipMore } from './support/checkouts.ts';
import { completions, completionsOf, newRequestId, settle } from './support/lines.ts';
import { holdCheckouts } from './support/held.ts';
import { test } from './support/services.ts';
import { diagnoseCompletions, diagnoseRoute, expectFresh } from './support/diagnose-logs.ts';

test(
  'each line on stdout is a JSON object with level, time, service and msg',
  judges('1.1'),
  async ({ api, draw, postgres, worker }) => {
    const shipped = await post(api, drawCheckout(draw));
    const refused = drawCheckout(draw);
    await post(api, { ...refused, customer: { ...refused.customer, country: 'AQ' } });
    await post(api, { ...drawCheckout(draw), amount: 2_000_000 });
    const last = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [shipped.body.id, last.body.id]);
    await settle(api);

    await each('lines of checkout-api', api.logs.stdout, (line) => readLine(line, 'checkout-api'));
    const lines = worker.logs.stdout;
    await each('lines of fulfil-worker', lines, (line) => readLine(line, 'fulfil-worker'));
  },
);

const REQUESTS = [
  { method: 'GET', path: '/v1/checkouts/00000000-0000-4000-8000-000000000000', status: 404 },
  { method: 'GET', path: '/v1/checkouts/ten', status: 404 },
  { method: 'POST', path: '/v1/checkouts', status: 400, body: { orderId: 7 } },
  { method: 'POST', path: '/v1/checkouts', status: 400, body: '{"orderId": ' },
  { method: 'POST', path: '/v1/checkouts', status: 500, amount: 2_000_000 },
  { method: 'POST', path: '/v1/checkouts', status: 202, amount: 700 },
  { method: 'PUT', path: '/v1/nowhere/7', status: 404 },
] as const;

test(
  'each answered request has exactly one completion line',
  judges('1.2'),
  async ({ api, draw }) => {
    await each('requests', draw.shuffle(REQUESTS), async (request) => {
      const { method, path, status } = request;
      const name = `${method} ${path} (${status})`;
      const mark = api.logs.mark();
      const body =
        'amount' in request
          ? { ...drawCheckout(draw), amount: request.amount }
          : 'body' in request
            ? request.body
            : undefined;
      const headers = { 'content-type': 'application/json' };
      const begun = performance.now();
      (await api.request(method, path, { body, ...(body !== undefined && { headers }) })).expect(
        status,
      );
      const logs = api.logs.since(mark);
      const others = await settle(api);
      const found = others(logs);
      const most = performance.now() - begun;
      await diagnoseCompletions(name, logs, found, () => {
        expect(found.length, `completion lines of ${name}`).toBe(1);
        const fields = found[0]?.fields ?? {};
        expect(fields['status'], `status in the line of ${name}`).toBe(status);
        expect(fields['method'], `method in the line of ${name}`).toBe(method);
        const what = `durationMs of ${name}, which took at most ${most.toFixed()} ms`;
        expect(typeof fields['durationMs'], `type of ${what}`).toBe('number');
        expect(fields['durationMs'], what).toBeGreaterThanOrEqual(0);
        expect(fields['durationMs'], what).toBeLessThanOrEqual(most);
      });
    });
  },
);

test('a health check has no completion line', judges('1.2'), async ({ api }) => {
  const mark = api.logs.mark();
  await api.get('/healthz');
  await api.get('/healthz');
  const others = await settle(api);
  const after = api.logs.since(mark);
  expect(completions(after).length, 'completion lines of a request').toBeGreaterThan(0);
  expect(others(after).length, 'completion lines of two health checks').toBe(0);
});

test('the completion line names the route, not the path', judges('1.3'), async ({ api, draw }) => {
  const id = `id-${draw.word()}`;
  const routes = [
    { method: 'GET', path: `/v1/checkouts/${id}`, route: '/v1/checkouts/:id' },
    { method: 'GET', path: `/v1/checkouts/${id}?verbose=1`, route: '/v1/checkouts/:id' },
    { method: 'POST', path: '/v1/checkouts', route: '/v1/checkouts', body: drawCheckout(draw) },
    { method: 'GET', path: `/v1/${draw.word()}`, route: 'unmatched' },
    { method: 'DELETE', path: `/v1/checkouts/${id}`, route: 'unmatched' },
  ];
  await each('requests', draw.shuffle(routes), async ({ method, path, route, body }) => {
    const requestId = newRequestId('route');
    const mark = api.logs.mark();
    await api.request(method, path, { body, headers: { 'x-request-id': requestId } });
    const logs = api.logs.since(mark);
    const others = await settle(api);
    const [line] = others(logs);
    await diagnoseRoute(path, line, () => {
      expect(line?.fields['route'], `route in the completion line of ${method} ${path}`).toBe(
        route,
      );
    });
  });
});

test(
  'a request whose client disconnects has one completion line with status 499',
  judges('1.4'),
  async ({ api, draw, postgres }) => {
    const requestId = newRequestId('gone');
    const after = newRequestId('after');
    const client = new AbortController();
    const mark = api.logs.mark();
    {
      await using held = await holdCheckouts(postgres);
      const answer = post(api, drawCheckout(draw), {
        headers: { 'x-request-id': requestId },
        signal: client.signal,
      }).catch(() => {});
      await held.waiting(1);
      client.abort();
      await answer;
      // The API notices on its own; nothing else can tell when.
      const logs = api.logs.since(mark);
      await happens(() => completions(logs).length > 0, { within: 2_000 });
    }
    // Waits behind the held request, which ends now.
    await post(api, drawCheckout(draw), { headers: { 'x-request-id': after } });
    const others = await settle(api);
    const lines = others(api.logs.since(mark)).filter(
      ({ fields }) => fields['requestId'] !== after,
    );
    await diagnoseCompletions('a request whose client disconnected', api.logs, lines, () => {
      expect(
        lines.map(({ fields }) => fields['status']),
        'statuses in the completion lines of a request whose client disconnected',
      ).toEqual([499]);
    });
  },
);

const FORM = /^[\w.-]{1,64}$/u;

test('a valid request id is kept', judges('1.5'), async ({ api, draw }) => {
  const ids = ['a', 'A.b_c-9', '-', 'x'.repeat(64), `req-${draw.word()}`];
  await each('request ids', draw.shuffle(ids), async (id) => {
    const mark = api.logs.mark();
    const { headers } = await api.get('/v1/checkouts/7', { headers: { 'x-request-id': id } });
    expect(headers['x-request-id'], `X-Request-Id of the answer to ${id}`).toBe(id);
    await settle(api);
    const found = completionsOf(api.logs.since(mark), id);
    expect(found.length, `completion lines with requestId ${id}`).toBeGreaterThan(0);
  });
});

test('a request without a valid id gets a new one', judges('1.5'), async ({ api }) => {
  const seen = new Set<unknown>();
  await each('request ids', [undefined, undefined, ...INVALID], async (id) => {
    const mark = api.logs.mark();
    const { headers } = await api.get('/v1/checkouts/7', {
      ...(id !== undefined && { headers: { 'x-request-id': id } }),
    });
    const got = headers['x-request-id'];
    await expectFresh(id, got, () => {
      expect(String(got), 'X-Request-Id of the answer').toMatch(FORM);
      expect(got, 'X-Request-Id of the answer').not.toBe(id);
    });
    expect(seen.has(got), `whether ${String(got)} was given out before`).toBe(false);
    seen.add(got);
    await settle(api);
    const found = completionsOf(api.logs.since(mark), String(got));
    expect(found.length, `completion lines with requestId ${String(got)}`).toBeGreaterThan(0);
  });
});

const INVALID = ['x'.repeat(65), 'b'.repeat(5_000), 'two words', 'quoted"id', 'a/b'];

test('a request id that is not kept is not logged', judges('1.6'), async ({ api, draw }) => {
  await each('request ids', draw.shuffle(INVALID), async (id) => {
    const mark = api.logs.mark();
    await api.get('/v1/checkouts/7', { headers: { 'x-request-id': id } });
    await settle(api);
    const { stdout, stderr } = api.logs.since(mark);
    const holding = [...stdout, ...stderr].filter(
      (line) => line.includes(id) || line.includes(JSON.stringify(id).slice(1, -1)),
    );
    const name = id.length > 70 ? `${id.length} characters` : id;
    expect(holding.length, `lines with the refused id (${name})`).toBe(0);
  });
});

test(
  'answers stay as they are',
  judges('1.7'),
  async ({ api, draw, postgres, worker: _worker }) => {
    const checkout = drawCheckout(draw);
    const { body } = await post(api, checkout);
    await eventuallyShipped(postgres, [body.id]);
    await each('requests', draw.shuffle(answersOf(checkout, body.id)), (answer) =>
      expectAnswer(api, answer),
    );
  },
);

test('rows stay as they are', judges('1.7'), async ({ api, draw, postgres, worker: _worker }) => {
  const checkout = drawCheckout(draw);
  const { body } = await post(api, checkout);
  await eventuallyShipped(postgres, [body.id]);
  const { orderId, amount, card, customer } = checkout;
  expect(await rowsOf(postgres, body.id), 'rows of a checkout').toEqual([
    { order_id: orderId, amount, card_last4: card.number.slice(-4), ...customer, to: customer },
  ]);
});

test(
  'the worker drops a checkout that the database refuses',
  judges('1.7'),
  async ({ api, draw, postgres, worker }) => {
    const plain = drawCheckout(draw);
    const refused = { ...plain, customer: { ...plain.customer, country: 'AQ' } };
    const { body } = await post(api, refused);
    await shipMore(draw, api, postgres);
    const path = `/v1/checkouts/${body.id}`;
    const state = { id: body.id, orderId: refused.orderId, state: 'requested' };
    await expectAnswer(api, { method: 'GET', path, status: 200, body: state });
    const mark = worker.logs.mark();
    await shipMore(draw, api, postgres);
    const again = worker.logs.since(mark).stdout.filter((line) => line.includes(refused.orderId));
    expect(again.length, 'lines about a message after it was dropped').toBe(0);
  },
);

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { each, expect, happens, judges, type OtlpCollector } from '@backend-labs/testkit';
import { shipsBare } from './support/bare-message.ts';
import { drawCheckout, eventuallyShipped, post } from './support/checkouts.ts';
import {
  expectBounds,
  expectDuration,
  expectFewSeries,
  expectSeconds,
  expectWait,
} from './support/diagnose-metrics.ts';
import { holdCheckouts } from './support/held.ts';
import { DURATION, latest, QUEUE_WAIT, total } from './support/metrics.ts';
import { test } from './support/services.ts';

test(
  'each answered request is counted once in http.server.request.duration',
  judges('5.1'),
  async ({ api, collector, draw }) => {
    // A service may count health checks: those of its start are exported by then.
    await api.get(`/v1/checkouts/${randomUUID()}`);
    await exportedTwice(collector, 'checkout-api');
    const before = total(collector, 'checkout-api', DURATION).count;
    const many = draw.int(5, 9);
    for (let sent = 0; sent < many; sent += 1) await api.get(`/v1/checkouts/${randomUUID()}`);
    await post(api, drawCheckout(draw));
    await happens(() => total(collector, 'checkout-api', DURATION).count >= before + many + 1, {
      within: 5_000,
    });
    await expectDuration(collector, before, many + 1);
  },
);

test('durations are seconds', judges('5.2'), async ({ api, collector, draw, postgres }) => {
  const before = total(collector, 'checkout-api', DURATION);
  const begun = performance.now();
  let held: number;
  let answer: Promise<unknown>;
  {
    await using table = await holdCheckouts(postgres);
    answer = post(api, drawCheckout(draw));
    await table.waiting(1);
    const from = performance.now();
    await sleep(400);
    held = (performance.now() - from) / 1_000;
  }
  await answer;
  await happens(() => total(collector, 'checkout-api', DURATION).count > before.count, {
    within: 5_000,
  });
  // Not at the answer: on a busy machine the service may see its end later than the client.
  const most = (performance.now() - begun) / 1_000;
  const added = total(collector, 'checkout-api', DURATION).sum - before.sum;
  await expectSeconds(added, held, most);
});

test(
  'data points have method, status and route',
  judges('5.3'),
  async ({ api, collector, draw }) => {
    await api.get(`/v1/checkouts/${randomUUID()}`);
    await post(api, drawCheckout(draw));
    await post(api, {});
    await api.get(`/v1/${draw.word()}`);
    const wanted = [
      { method: 'GET', status: 404, route: '/v1/checkouts/:id' },
      { method: 'POST', status: 202, route: '/v1/checkouts' },
      { method: 'POST', status: 400, route: '/v1/checkouts' },
      { method: 'GET', status: 404, route: undefined },
    ];
    await each('data points', wanted, async ({ method, status, route }) => {
      const find = (): boolean =>
        latest(collector, 'checkout-api').some(
          ({ name, attributes }) =>
            name === DURATION &&
            attributes['http.request.method'] === method &&
            Number(attributes['http.response.status_code']) === status &&
            (route === undefined || attributes['http.route'] === route),
        );
      await happens(find, { within: 3_000 });
      const what = `whether there is a data point of ${method} ${route ?? 'without a route'} with ${status}`;
      expect(find(), what).toBe(true);
    });
  },
);

const MANY = 100;
const MOST_SERIES = 20;

test('each metric has at most 20 series', judges('5.4'), async ({ api, collector, draw }) => {
  const before = total(collector, 'checkout-api', DURATION).count;
  const paths = Array.from({ length: MANY }, () => [
    `/v1/checkouts/${randomUUID()}`,
    `/${draw.word()}?page=${draw.int(1, 9_999)}`,
  ]).flat();
  for (const path of draw.shuffle(paths)) await api.get(path);
  await happens(() => total(collector, 'checkout-api', DURATION).count >= before + 2 * MANY, {
    within: 5_000,
  });
  await expectFewSeries(latest(collector, 'checkout-api'), MOST_SERIES, 2 * MANY);
});

const WAIT_BOUNDS = [0.01, 0.1, 1, 10, 60, 300];

test(
  'checkout.queue.wait has its unit and its boundaries',
  judges('5.5'),
  async ({ api, collector, draw, postgres, worker: _worker }) => {
    const { body } = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [body.id]);
    await exportedTwice(collector, 'fulfil-worker');
    const { count, unit, bounds } = total(collector, 'fulfil-worker', QUEUE_WAIT);
    expect(count, `values of ${QUEUE_WAIT} after a checkout`).toBeGreaterThan(0);
    expect(unit, `unit of ${QUEUE_WAIT}`).toBe('s');
    await expectBounds(QUEUE_WAIT, bounds, WAIT_BOUNDS);
  },
);

test(
  'checkout.queue.wait is the time in the queue',
  judges('5.6'),
  async ({ api, collector, draw, postgres, worker }) => {
    const warm = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [warm.body.id]);
    // What was in the queue before is counted by then.
    await exportedTwice(collector, 'fulfil-worker');
    const before = total(collector, 'fulfil-worker', QUEUE_WAIT);
    // Late in a second: what is rounded down to seconds is off by more than the worker takes.
    while (Date.now() % 1_000 < 600 || Date.now() % 1_000 > 850) await sleep(20);
    worker.signal('SIGSTOP');
    let least: number;
    const begun = performance.now();
    let id: string;
    try {
      id = (await post(api, drawCheckout(draw))).expect(202).body.id;
      const published = performance.now();
      await sleep(700);
      least = (performance.now() - published) / 1_000;
    } finally {
      worker.signal('SIGCONT');
    }
    await eventuallyShipped(postgres, [id]);
    const most = (performance.now() - begun) / 1_000;
    await exportedTwice(collector, 'fulfil-worker');
    const after = total(collector, 'fulfil-worker', QUEUE_WAIT);
    expect(after.count - before.count, 'values of checkout.queue.wait for one message').toBe(1);
    const waited = after.sum - before.sum;
    await expectWait(waited, least, most);
  },
);

test(
  'a message without headers is not in checkout.queue.wait',
  judges('5.6'),
  async ({ api, collector, draw, postgres, rabbitmq, worker: _worker }) => {
    const seen = (): number => total(collector, 'fulfil-worker', QUEUE_WAIT).count;
    const first = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [first.body.id]);
    await exportedTwice(collector, 'fulfil-worker');
    const before = seen();
    await shipsBare(postgres, rabbitmq, drawCheckout(draw));
    const last = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [last.body.id]);
    await exportedTwice(collector, 'fulfil-worker');
    const what = 'values of checkout.queue.wait for a message without headers and one with';
    expect(seen() - before, what).toBe(1);
  },
);

/** Waits until a process has exported twice: the second export began after everything before. */
async function exportedTwice(collector: OtlpCollector, service: string): Promise<void> {
  const exports = (): number =>
    collector.requests.filter(({ path, text }) => path === '/v1/metrics' && text.includes(service))
      .length;
  const before = exports();
  await happens(() => exports() >= before + 2, { within: 5_000 });
}

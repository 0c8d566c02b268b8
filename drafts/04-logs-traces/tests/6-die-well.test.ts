import { expect, happens, judges, OtlpCollector, Service, test } from '@backend-labs/testkit';
import { drawCheckout, eventuallyShipped, post } from './support/checkouts.ts';
import { expectEnds, expectExported } from './support/diagnose-death.ts';
import { isConsumer, isServer } from './support/traces.ts';
import { DURATION, total } from './support/metrics.ts';

/** So rarely that only a flush at the end can export. */
const RARELY = {
  OTEL_BSP_SCHEDULE_DELAY: '60000',
  OTEL_BLRP_SCHEDULE_DELAY: '60000',
  OTEL_METRIC_EXPORT_INTERVAL: '60000',
};
const ENDS_WITHIN = 8_000;

test(
  'after SIGTERM everything is exported',
  judges('6.1'),
  async ({ run, lease, draw, postgres }) => {
    await using collector = await OtlpCollector.open();
    const env = { ...collector.env, ...RARELY };
    await using api = await new Service({ run, lease, env }).start();
    await using worker = await new Service({ run, lease, env, script: 'worker' }).start();
    const { body } = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [body.id]);
    for (const service of [api, worker]) service.signal('SIGTERM');
    await expectEnds(api, ENDS_WITHIN, 'collector that works');
    await expectEnds(worker, ENDS_WITHIN, 'collector that works');
    const server = collector.spans.find((span) => isServer(span) && span.name.startsWith('POST'));
    const consumer = collector.spans.find(isConsumer);
    await expectExported('the SERVER span', server !== undefined, collector);
    await expectExported('the CONSUMER span', consumer !== undefined, collector);
    const counted = total(collector, 'checkout-api', DURATION).count;
    await expectExported(DURATION, counted > 0, collector);
  },
);

test(
  'a collector that never answers does not keep a process alive',
  judges('6.2'),
  async ({ run, lease, draw, postgres }) => {
    await using collector = await OtlpCollector.open();
    collector.handler = () => 'never';
    const env = collector.env;
    await using api = await new Service({ run, lease, env }).start();
    await using worker = await new Service({ run, lease, env, script: 'worker' }).start();
    const { body } = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [body.id]);
    for (const service of [api, worker]) service.signal('SIGTERM');
    await expectEnds(api, ENDS_WITHIN, 'collector that never answers');
    await expectEnds(worker, ENDS_WITHIN, 'collector that never answers');
  },
);

test(
  'an absent collector does not keep a process alive',
  judges('6.3'),
  async ({ run, lease, draw, postgres }) => {
    const gone = await OtlpCollector.open();
    const { env } = gone;
    await gone[Symbol.asyncDispose]();
    await using api = await new Service({ run, lease, env }).start();
    await using worker = await new Service({ run, lease, env, script: 'worker' }).start();
    const { body } = await post(api, drawCheckout(draw));
    await eventuallyShipped(postgres, [body.id]);
    for (const service of [api, worker]) service.signal('SIGTERM');
    await expectEnds(api, ENDS_WITHIN, 'collector that is not there');
    await expectEnds(worker, ENDS_WITHIN, 'collector that is not there');
  },
);

const CROWD = 100;

test(
  'a collector that never answers does not slow the service',
  judges('6.4'),
  async ({ run, lease, draw, postgres }) => {
    await using collector = await OtlpCollector.open();
    collector.handler = () => 'never';
    const { env } = collector;
    await using api = await new Service({ run, lease, env }).start();
    await using _worker = await new Service({ run, lease, env, script: 'worker' }).start();
    await post(api, drawCheckout(draw));
    const stalled = await happens(() => collector.requests.length > 0, { within: 5_000 });
    expect(stalled, 'whether the service exports to the collector').toBe(true);
    const ids: string[] = [];
    for (let sent = 0; sent < CROWD; sent += 1) {
      const answer = await post(api, drawCheckout(draw), { within: 5_000 });
      ids.push(answer.expect(202).body.id);
    }
    await eventuallyShipped(postgres, ids, 10_000);
  },
);

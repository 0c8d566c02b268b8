import {
  type Draw,
  eventually,
  happens,
  judges,
  OtlpCollector,
  type PostgresProbe,
  Service,
  type StartedService,
  test,
} from '@backend-labs/testkit';
import { drawCheckout, eventuallyShipped, manyShipped, post } from './support/checkouts.ts';
import {
  type Counts,
  expectEnds,
  expectExported,
  expectUnharmed,
} from './support/diagnose-death.ts';
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

/** What becomes of the collector while the service works. */
const FAULTS = [
  {
    title: 'a collector that never answers does not slow the service',
    name: 'collector that never answers',
    begin: async (collector: OtlpCollector): Promise<void> => {
      const before = collector.requests.length;
      collector.handler = () => 'never';
      await eventually('an export that is not answered', () => collector.requests.length > before);
    },
  },
  {
    title: 'an absent collector does not slow the service',
    name: 'collector that is not there',
    begin: (collector: OtlpCollector): Promise<void> => collector[Symbol.asyncDispose](),
  },
];

for (const { title, name, begin } of FAULTS) {
  test(title, judges('6.4'), async ({ run, lease, draw, postgres }) => {
    await using collector = await OtlpCollector.open();
    const { env } = collector;
    await using api = await new Service({ run, lease, env }).start();
    await using _worker = await new Service({ run, lease, env, script: 'worker' }).start();
    const before = await crowd(api, postgres, draw);
    await begin(collector);
    const after = await crowd(api, postgres, draw);
    await expectUnharmed(name, before, after, CROWD);
  });
}

const CROWD = 100;
const ANSWERED_WITHIN = 5_000;
const SHIPPED_WITHIN = 10_000;

/** Sends checkouts at the same time, and counts those that go well. */
async function crowd(api: StartedService, postgres: PostgresProbe, draw: Draw): Promise<Counts> {
  const checkouts = Array.from({ length: CROWD }, () => drawCheckout(draw));
  const answers = await Promise.allSettled(
    checkouts.map((checkout) => post(api, checkout, { within: ANSWERED_WITHIN })),
  );
  const ids = answers.flatMap((answer) =>
    answer.status === 'fulfilled' && answer.value.status === 202 ? [answer.value.body.id] : [],
  );
  const shipped = (): Promise<number> => manyShipped(postgres, ids);
  await happens(async () => (await shipped()) === ids.length, { within: SHIPPED_WITHIN });
  return { answered: ids.length, shipped: await shipped() };
}

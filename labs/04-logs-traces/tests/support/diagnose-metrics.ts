import { expect, explain, lesson, type Metric, type OtlpCollector } from '@backend-labs/testkit';
import { DURATION, total } from './metrics.ts';

/** The semantic conventions' boundaries for HTTP durations, in seconds. */
const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Asserts that the histogram counted `sent` requests since `before`, in the right buckets. */
export async function expectDuration(
  collector: OtlpCollector,
  before: number,
  sent: number,
): Promise<void> {
  const { count, unit, bounds } = total(collector, 'checkout-api', DURATION);
  expect(count - before, `requests counted in ${DURATION} after ${sent}`).toBe(sent);
  expect(unit, `unit of ${DURATION}`).toBe('s');
  await expectBounds(DURATION, bounds, DURATION_BOUNDS);
}

/** Asserts the bucket boundaries of a histogram of seconds. */
export async function expectBounds(
  name: string,
  bounds: readonly number[],
  wanted: readonly number[],
): Promise<void> {
  await explain(
    () => expect(bounds, `bucket boundaries of ${name}`).toEqual(wanted),
    () => {
      if ((bounds.at(-1) ?? 0) < 1_000) return;
      lesson('default-buckets', {
        observed: `The buckets of ${name} end at ${String(bounds.at(-1))} s, and the first one with a positive limit ends at ${String(bounds.find((bound) => bound > 0))} s.`,
        meaning:
          'The default boundaries of OpenTelemetry are made for milliseconds. With seconds, nearly every value falls into the first bucket, and no percentile can be read.',
        lookAt: 'how an instrument tells the SDK which boundaries suit its unit.',
      });
    },
  );
}

/** Asserts that one request added at least `least` and at most `most` seconds. */
export async function expectSeconds(added: number, least: number, most: number): Promise<void> {
  await explain(
    () => {
      expect(
        added,
        `sum that a request of ${least.toFixed(3)} s or more adds`,
      ).toBeGreaterThanOrEqual(least);
      expect(added, `sum that a request of at most ${most.toFixed(3)} s adds`).toBeLessThanOrEqual(
        most,
      );
    },
    () => {
      if (added / 1_000 < least || added / 1_000 > most) return;
      lesson('milliseconds', {
        observed: `A request that took between ${least.toFixed(3)} and ${most.toFixed(3)} s added ${added.toFixed(1)} to the sum.`,
        meaning:
          'The unit of the metric is seconds, and the values are milliseconds. Every dashboard and alert on it is off by a factor of 1,000.',
        lookAt: 'the clock that the value comes from, and the unit in its name.',
      });
    },
  );
}

/** Asserts that no metric has more than `most` series after `sent` requests. */
export async function expectFewSeries(
  metrics: readonly Metric[],
  most: number,
  sent: number,
): Promise<void> {
  const names = new Map<string, Metric[]>();
  for (const metric of metrics) names.set(metric.name, [...(names.get(metric.name) ?? []), metric]);
  for (const [name, series] of names) {
    await explain(
      () =>
        expect(series.length, `series of ${name} after ${sent} requests`).toBeLessThanOrEqual(most),
      () => {
        const varying = attributeOf(series);
        if (varying === undefined) return;
        lesson('one-group-per-request', {
          observed: `${name} has ${series.length} series after ${sent} requests; its attribute ${varying} has ${valuesOf(series, varying)} values.`,
          meaning:
            'Every combination of attribute values is a series that the collector and the database keep for days. One that grows with the number of customers, ids or typing errors fills them.',
          lookAt: 'how many values each attribute can have after a million users.',
        });
      },
    );
  }
}

function attributeOf(series: readonly Metric[]): string | undefined {
  const names = new Set(series.flatMap(({ attributes }) => Object.keys(attributes)));
  return [...names].find((name) => valuesOf(series, name) > series.length / 2);
}

function valuesOf(series: readonly Metric[], name: string): number {
  return new Set(series.map(({ attributes }) => attributes[name])).size;
}

/** Clocks of two processes of one machine; the ticket asks for a hundredth of a second. */
const PRECISION_S = 0.01;

/** Asserts that a message waited between `least` and `most` seconds. */
export async function expectWait(waited: number, least: number, most: number): Promise<void> {
  await explain(
    () => {
      const what = 'seconds that a message waited';
      expect(waited, what).toBeGreaterThanOrEqual(least - PRECISION_S);
      expect(waited, what).toBeLessThanOrEqual(most + PRECISION_S);
    },
    () => {
      if (waited < most || waited > most + 1) return;
      lesson('whole-seconds', {
        observed: `A message that waited between ${least.toFixed(3)} and ${most.toFixed(3)} s was recorded with ${waited.toFixed(3)} s.`,
        meaning:
          'The AMQP property `timestamp` has whole seconds. What is rounded down when a message is sent makes its wait too long, by up to a second.',
        lookAt: 'how precise the instant is that travels with the message.',
      });
    },
  );
}

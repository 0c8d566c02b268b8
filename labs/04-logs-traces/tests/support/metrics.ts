import type { Metric, OtlpCollector } from '@backend-labs/testkit';

export const DURATION = 'http.server.request.duration';
export const QUEUE_WAIT = 'checkout.queue.wait';

/** The newest data point of each series of a process. */
export function latest(collector: OtlpCollector, service: string): Metric[] {
  const series = new Map<string, Metric>();
  for (const metric of collector.metrics) {
    if (metric.resource['service.name'] !== service) continue;
    series.set(JSON.stringify([metric.name, metric.unit, metric.attributes]), metric);
  }
  return [...series.values()];
}

/** A histogram over all its series. */
export function total(
  collector: OtlpCollector,
  service: string,
  name: string,
): { count: number; sum: number; unit: string | undefined; bounds: readonly number[] } {
  const found = latest(collector, service).filter((metric) => metric.name === name);
  return {
    count: found.reduce((sum, { count = 0 }) => sum + count, 0),
    sum: found.reduce((sum, { value }) => sum + value, 0),
    unit: found[0]?.unit,
    bounds: found[0]?.bounds ?? [],
  };
}

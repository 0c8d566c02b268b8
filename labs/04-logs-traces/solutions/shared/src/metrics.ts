import { metrics } from '@opentelemetry/api';

// The HTTP instrumentation measures `http.server.request.duration`.

const meter = metrics.getMeter('checkout');

/** From a message's publication until the worker takes it from the queue. */
export const queueWait = meter.createHistogram('checkout.queue.wait', {
  unit: 's',
  advice: { explicitBucketBoundaries: [0.01, 0.1, 1, 10, 60, 300] },
});

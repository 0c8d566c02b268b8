import { metrics } from '@opentelemetry/api';

// The HTTP instrumentation measures `http.server.request.duration`.

/** From a message's publication until the worker takes it up. */
export const queueWait = metrics.getMeter('checkout').createHistogram('checkout.queue.wait', {
  unit: 's',
  advice: { explicitBucketBoundaries: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300] },
});

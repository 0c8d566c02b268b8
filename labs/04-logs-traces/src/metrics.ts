import { metrics } from '@opentelemetry/api';
import type { RequestHandler } from 'express';

const meter = metrics.getMeter('checkout');

/** How long each answer took. */
const duration = meter.createHistogram('http_request_duration', { unit: 'ms' });

export const measure: RequestHandler = (req, res, next) => {
  const begun = performance.now();
  res.on('finish', () => {
    duration.record(performance.now() - begun, { url: req.originalUrl, status: res.statusCode });
  });
  next();
};

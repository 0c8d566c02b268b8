import { AsyncLocalStorage } from 'node:async_hooks';
import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { safeError } from './safe-error.ts';
import { SERVICE } from './service-name.ts';

/** The id of the request on whose behalf this code runs. */
export const currentRequest = new AsyncLocalStorage<string>();

export const log = pino({
  base: { service: SERVICE },
  mixin: () => {
    const { traceId, spanId } = trace.getActiveSpan()?.spanContext() ?? {};
    return { requestId: currentRequest.getStore(), trace_id: traceId, span_id: spanId };
  },
  serializers: { err: safeError },
});

import { AsyncLocalStorage } from 'node:async_hooks';
import { pino } from 'pino';
import { safeError } from './safe-error.ts';
import { SERVICE } from './service-name.ts';

/** What all lines about one request or message have. */
export interface LogContext {
  /** A message of the version before has none. */
  readonly requestId: string | undefined;
}

export const logContext = new AsyncLocalStorage<LogContext>();

/** OpenTelemetry adds `trace_id` and `span_id`. */
export const log = pino({
  base: { service: SERVICE },
  mixin: () => ({ ...logContext.getStore() }),
  serializers: { err: safeError },
});

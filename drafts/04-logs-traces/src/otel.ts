import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SERVICE } from './service-name.ts';

// For `npm run traces`, which reads JSON and does not like to wait.
process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] ??= 'http/json';
process.env['OTEL_BSP_SCHEDULE_DELAY'] ??= '1000';

/** Exports to where the OTEL_ variables say. Must be imported before all other modules. */
export const sdk = new NodeSDK({
  serviceName: SERVICE,
  instrumentations: [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ url }) => url === '/healthz',
    }),
    new ExpressInstrumentation(),
    new PgInstrumentation(),
    new PinoInstrumentation(),
  ],
});
sdk.start();

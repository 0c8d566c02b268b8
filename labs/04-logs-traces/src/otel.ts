import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SERVICE } from './service-name.ts';

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

import { setTimeout } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { AmqplibInstrumentation } from '@opentelemetry/instrumentation-amqplib';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ScrubbingExporter } from './scrub.ts';
import { SERVICE } from './service-name.ts';

/** A collector that does not answer must not keep the process alive. */
const FLUSH_WITHIN_MS = 3_000;

const sdk = new NodeSDK({
  serviceName: SERVICE,
  traceExporter: new ScrubbingExporter(new OTLPTraceExporter()),
  instrumentations: [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ url }) => url === '/healthz',
    }),
    new ExpressInstrumentation(),
    new PgInstrumentation(),
    new AmqplibInstrumentation(),
    new PinoInstrumentation(),
  ],
});
sdk.start();

/** Exports what is left, if the collector takes it in time. Never rejects. */
export async function stopTelemetry(): Promise<void> {
  await Promise.race([sdk.shutdown().catch(() => {}), setTimeout(FLUSH_WITHIN_MS)]);
}

import { setTimeout } from 'node:timers/promises';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { Scrubber } from './scrub.ts';
import { SERVICE } from './service-name.ts';

/** Exports to where the OTEL_ variables say. Must be imported before all other modules. */
const sdk = new NodeSDK({
  serviceName: SERVICE,
  spanProcessors: [
    // The order matters: a span is scrubbed before it joins a batch.
    new Scrubber(),
    new BatchSpanProcessor({
      exporter: new OTLPTraceExporter({ timeoutMillis: 2_000 }),
      scheduledDelayMillis: Number(process.env['OTEL_BSP_SCHEDULE_DELAY'] ?? 1_000),
    }),
  ],
  instrumentations: [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ url }) => url === '/healthz',
    }),
    new PgInstrumentation(),
  ],
});
sdk.start();

/** A collector that does not answer must not keep the process alive. */
const FLUSH_WITHIN_MS = 3_000;

/** Exports what is left, if the collector takes it in time. Never rejects. */
export async function stopTelemetry(): Promise<void> {
  await Promise.race([sdk.shutdown().catch(() => {}), setTimeout(FLUSH_WITHIN_MS)]);
}

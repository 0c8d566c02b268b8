import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Takes out of spans what customers sent, before they leave the process. */
export class ScrubbingExporter implements SpanExporter {
  readonly #inner: SpanExporter;

  constructor(inner: SpanExporter) {
    this.#inner = inner;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    for (const span of spans) {
      delete span.attributes['url.query'];
      // The message of an error. A database may quote the row in it.
      delete span.status.message;
    }
    this.#inner.export(spans, done);
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }
}

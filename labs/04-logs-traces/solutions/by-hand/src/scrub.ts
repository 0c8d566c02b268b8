import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** Takes out of a span what instrumentations copied from a request or an error, while it ends. */
export class Scrubber implements SpanProcessor {
  onStart(): void {}

  onEnding(span: Span): void {
    if ('url.query' in span.attributes) span.setAttribute('url.query', 'redacted');
    // Without the message: a database may quote the row in it.
    span.setStatus({ code: span.status.code });
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

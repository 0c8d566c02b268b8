import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { readSpans, type Span } from './spans.ts';
import { drawTrace } from './tree.ts';

/** Where the SDK exports to unless OTEL_EXPORTER_OTLP_ENDPOINT says otherwise. */
const PORT = 4318;
/** A trace without news for this long is taken for finished. */
const QUIET_MS = 3_000;

interface Trace {
  readonly spans: Span[];
  timer: NodeJS.Timeout;
}

const traces = new Map<string, Trace>();

/** Keeps a span, and prints its trace when no more come. */
function keep(span: Span): void {
  const { spans = [], timer } = traces.get(span.traceId) ?? {};
  clearTimeout(timer);
  spans.push(span);
  const print = (): void => {
    traces.delete(span.traceId);
    console.log(drawTrace(spans));
  };
  traces.set(span.traceId, { spans, timer: setTimeout(print, QUIET_MS) });
}

const server = createServer((req, res) => {
  json(req).then(
    (body) => {
      if (req.url === '/v1/traces') for (const span of readSpans(body)) keep(span);
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    },
    () => res.writeHead(400).end(),
  );
});

server.listen(PORT, '127.0.0.1', () => {
  console.log(`traces are printed here; the collector listens on http://127.0.0.1:${PORT}`);
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Output, Variables } from '@backend-labs/launcher';
import { clean } from '../ui/untrusted.ts';
import { readSpans, type Span } from './spans.ts';
import { drawTrace } from './tree.ts';

const HOST = '127.0.0.1';
/** How often a program exports its spans, in ms. */
const EXPORT_EVERY_MS = 500;
/** A trace that gets no span for this long, in ms, counts as finished: several processes add to it. */
const QUIET_MS = 2_000;

interface Trace {
  readonly spans: Span[];
  timer: NodeJS.Timeout;
}

/**
 * An OTLP/HTTP collector that prints each finished trace as a tree. Metrics and log records are taken
 * and dropped. Spans that come after their trace was printed are printed as a trace again.
 */
export class TracePrinter implements AsyncDisposable {
  readonly #server: Server;
  readonly #output: Output;
  readonly #quiet: number;
  readonly #traces = new Map<string, Trace>();
  #warned = false;

  private constructor(server: Server, output: Output, quiet: number) {
    this.#server = server;
    this.#output = output;
    this.#quiet = quiet;
    server.on('request', (req, res) => void this.#take(req, res));
  }

  static async open(output: Output, quiet = QUIET_MS): Promise<TracePrinter> {
    const server = createServer();
    const printer = new TracePrinter(server, output, quiet);
    server.listen(0, HOST);
    await once(server, 'listening');
    return printer;
  }

  /** What makes a program export here. */
  get env(): Variables {
    const { port } = this.#server.address() as AddressInfo;
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${HOST}:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: String(EXPORT_EVERY_MS),
    };
  }

  /** Prints what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    for (const id of this.#traces.keys()) this.#print(id);
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await json(req).catch(() => undefined);
    if (body === undefined) {
      this.#warn();
      res.writeHead(400).end();
      return;
    }
    if (req.url === '/v1/traces') for (const span of readSpans(body)) this.#keep(span);
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }

  #keep(span: Span): void {
    const trace = this.#traces.get(span.traceId);
    clearTimeout(trace?.timer);
    const spans = trace?.spans ?? [];
    spans.push(span);
    const timer = setTimeout(() => this.#print(span.traceId), this.#quiet);
    this.#traces.set(span.traceId, { spans, timer });
  }

  #print(id: string): void {
    const trace = this.#traces.get(id);
    if (!trace) return;
    clearTimeout(trace.timer);
    this.#traces.delete(id);
    this.#output.stdout.write(`\n${clean(drawTrace(trace.spans))}\n\n`);
  }

  #warn(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#output.stderr.write(
      'labs: an export of telemetry is not JSON. Traces are only printed for OTEL_EXPORTER_OTLP_PROTOCOL=http/json.\n',
    );
  }
}

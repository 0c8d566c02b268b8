import { eventually, type Patience } from '../wait/eventually.ts';
import { Double, listen, type Reply } from './double.ts';
import {
  type Attributes,
  type LogRecord,
  type Metric,
  readLogs,
  readMetrics,
  readSpans,
  type Span,
} from './otlp.ts';

/**
 * An OTLP/HTTP collector for `OTEL_EXPORTER_OTLP_PROTOCOL=http/json`, in the test's own process.
 * It is a `Double`: replace `handler` to stall or to refuse; what came is kept all the same.
 */
export class OtlpCollector extends Double {
  static override async open(): Promise<OtlpCollector> {
    const { claim, server } = await listen();
    return new OtlpCollector(claim, server, accept);
  }

  /** What makes a service export here, soon and as JSON. */
  get env(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_METRIC_EXPORT_TIMEOUT: '200',
    };
  }

  /** In the order in which they were exported. */
  get spans(): Span[] {
    return this.#received('/v1/traces').flatMap(readSpans);
  }

  /** One entry for each data point of each export. */
  get metrics(): Metric[] {
    return this.#received('/v1/metrics').flatMap(readMetrics);
  }

  get logs(): LogRecord[] {
    return this.#received('/v1/logs').flatMap(readLogs);
  }

  /** The first span that `matches`, now or to come. `what` completes "Waited … for". */
  async waitForSpan(
    what: string,
    matches: (span: Span) => boolean,
    patience?: Patience,
  ): Promise<Span> {
    return eventually(what, () => this.spans.find(matches), patience);
  }

  #received(path: string): unknown[] {
    return this.requests.filter((request) => request.path === path).map(({ json }) => json);
  }
}

function accept(): Reply {
  return { status: 200, body: {} };
}

export type { Attributes, LogRecord, Metric, Span };

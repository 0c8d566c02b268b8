/** A span, as far as the tree shows it. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly failed: boolean;
  /** Nanoseconds since 1970. */
  readonly begin: bigint;
  readonly end: bigint;
}

/** OTLP in its JSON form, as far as we read it. */
interface TracesBody {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
}

const KINDS = ['', 'internal', 'SERVER', 'client', 'PRODUCER', 'CONSUMER'];
const STATUS_ERROR = 2;

/** The spans of one export. */
export function readSpans(body: unknown): Span[] {
  const { resourceSpans = [] } = body as TracesBody;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = resource?.attributes?.find(({ key }) => key === 'service.name');
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        service: service?.value.stringValue ?? '?',
        name: span.name,
        kind: KINDS[span.kind ?? 0] ?? '',
        failed: span.status?.code === STATUS_ERROR,
        begin: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
      })),
    );
  });
}

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

// opentelemetry-proto in its JSON mapping. It comes from a learner's program, so any field may be missing.
type Json = Readonly<Record<string, unknown>>;

const KINDS = ['', 'internal', 'SERVER', 'client', 'PRODUCER', 'CONSUMER'];
const STATUS_ERROR = 2;

/** The spans of one body of `POST /v1/traces`. What is not a span is left out. */
export function readSpans(body: unknown): Span[] {
  return list(objectOf(body)['resourceSpans']).flatMap((group) => {
    const service = serviceOf(group);
    const items = list(group['scopeSpans']).flatMap((scope) => list(scope['spans']));
    return items.filter(isNamed).map((item) => ({
      traceId: text(item['traceId']),
      spanId: text(item['spanId']),
      parentSpanId: text(item['parentSpanId']) || undefined,
      service,
      name: text(item['name']),
      kind: KINDS[Number(item['kind'] ?? 0)] ?? '',
      failed: objectOf(item['status'])['code'] === STATUS_ERROR,
      begin: nanoseconds(item['startTimeUnixNano']),
      end: nanoseconds(item['endTimeUnixNano']),
    }));
  });
}

function isNamed({ traceId, spanId }: Json): boolean {
  return text(traceId) !== '' && text(spanId) !== '';
}

function serviceOf(group: Json): string {
  const attributes = list(objectOf(group['resource'])['attributes']);
  const name = attributes.find(({ key }) => key === 'service.name');
  return text(objectOf(name?.['value'])['stringValue']) || '?';
}

function nanoseconds(value: unknown): bigint {
  return /^\d+$/u.test(String(value)) ? BigInt(String(value)) : 0n;
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

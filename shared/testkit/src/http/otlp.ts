/** Attributes as a plain object: strings, numbers, booleans, and lists and objects of them. */
export type Attributes = Readonly<Record<string, unknown>>;

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanStatus = 'unset' | 'ok' | 'error';

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** `undefined` for a root. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** Of the process: `service.name` and the like. */
  readonly resource: Attributes;
  /** Name of the instrumentation. */
  readonly scope: string;
}

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly type: 'sum' | 'gauge' | 'histogram' | 'other';
  readonly attributes: Attributes;
  /** Of a sum or gauge; of a histogram its sum. */
  readonly value: number;
  /** Of a histogram. */
  readonly count?: number;
  readonly bounds?: readonly number[];
  readonly resource: Attributes;
}

export interface LogRecord {
  readonly body: unknown;
  readonly severity: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly attributes: Attributes;
  readonly resource: Attributes;
}

// The shapes below follow opentelemetry-proto in its JSON mapping. They come from the service under
// test, so every field is read as if it might be missing.
type Json = Readonly<Record<string, unknown>>;

const KINDS: readonly SpanKind[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
];
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];

/** The spans of one body of `POST /v1/traces`. */
export function readSpans(body: unknown): Span[] {
  return scoped(body, 'resourceSpans', 'scopeSpans', 'spans').map(({ item, resource, scope }) => ({
    traceId: text(item['traceId']),
    spanId: text(item['spanId']),
    parentSpanId: text(item['parentSpanId']) || undefined,
    name: text(item['name']),
    kind: KINDS[Number(item['kind'] ?? 0)] ?? 'unspecified',
    status: STATUSES[Number(object(item['status'])['code'] ?? 0)] ?? 'unset',
    attributes: attributes(item['attributes']),
    events: list(item['events']).map((event) => ({
      name: text(event['name']),
      attributes: attributes(event['attributes']),
    })),
    links: list(item['links']).map((link) => ({
      traceId: text(link['traceId']),
      spanId: text(link['spanId']),
    })),
    resource,
    scope,
  }));
}

/** The data points of one body of `POST /v1/metrics`. */
export function readMetrics(body: unknown): Metric[] {
  return scoped(body, 'resourceMetrics', 'scopeMetrics', 'metrics').flatMap(
    ({ item, resource }) => {
      const type = (['sum', 'gauge', 'histogram'] as const).find((name) => name in item);
      const points = list(object(item[type ?? ''])['dataPoints']);
      return points.map((point) => ({
        name: text(item['name']),
        unit: text(item['unit']),
        type: type ?? 'other',
        attributes: attributes(point['attributes']),
        value: Number(point['asDouble'] ?? point['asInt'] ?? point['sum'] ?? 0),
        ...(type === 'histogram' && {
          count: Number(point['count'] ?? 0),
          bounds: (point['explicitBounds'] ?? []) as readonly number[],
        }),
        resource,
      }));
    },
  );
}

/** The records of one body of `POST /v1/logs`. */
export function readLogs(body: unknown): LogRecord[] {
  return scoped(body, 'resourceLogs', 'scopeLogs', 'logRecords').map(({ item, resource }) => ({
    body: value(item['body']),
    severity: text(item['severityText']),
    traceId: text(item['traceId']) || undefined,
    spanId: text(item['spanId']) || undefined,
    attributes: attributes(item['attributes']),
    resource,
  }));
}

function scoped(
  body: unknown,
  resources: string,
  scopes: string,
  items: string,
): { item: Json; resource: Attributes; scope: string }[] {
  return list(object(body)[resources]).flatMap((group) => {
    const resource = attributes(object(group['resource'])['attributes']);
    return list(group[scopes]).flatMap((inner) => {
      const scope = text(object(inner['scope'])['name']);
      return list(inner[items]).map((item) => ({ item, resource, scope }));
    });
  });
}

function attributes(pairs: unknown): Attributes {
  return Object.fromEntries(
    list(pairs).map(({ key, value: wrapped }) => [text(key), value(wrapped)]),
  );
}

function value(wrapped: unknown): unknown {
  const any = object(wrapped);
  if ('intValue' in any) return Number(any['intValue']);
  if ('arrayValue' in any) return list(object(any['arrayValue'])['values']).map(value);
  if ('kvlistValue' in any) return attributes(object(any['kvlistValue'])['values']);
  return any['stringValue'] ?? any['doubleValue'] ?? any['boolValue'] ?? any['bytesValue'];
}

function list(found: unknown): Json[] {
  return Array.isArray(found) ? found.map(object) : [];
}

function object(found: unknown): Json {
  return typeof found === 'object' && found !== null ? (found as Json) : {};
}

function text(found: unknown): string {
  return typeof found === 'string' ? found : '';
}

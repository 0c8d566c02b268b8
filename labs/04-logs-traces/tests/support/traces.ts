import { happens, type OtlpCollector, type Patience, type Span } from '@backend-labs/testkit';

/** The spans of one trace, as far as they were exported. */
export function spansOf(collector: OtlpCollector, traceId: string): Span[] {
  return collector.spans.filter((span) => span.traceId === traceId);
}

/** Waits for a span of this trace. `undefined` when it does not come. */
export async function spanOf(
  collector: OtlpCollector,
  traceId: string,
  matches: (span: Span) => boolean,
  { within = 5_000 }: Patience = {},
): Promise<Span | undefined> {
  const find = (): Span | undefined => spansOf(collector, traceId).find(matches);
  await happens(find, { within });
  return find();
}

/** Waits for a span that was exported after the first `before`. `undefined` when it does not come. */
export async function spanSince(
  collector: OtlpCollector,
  before: number,
  matches: (span: Span) => boolean,
): Promise<Span | undefined> {
  const find = (): Span | undefined => collector.spans.slice(before).find(matches);
  await happens(find, { within: 5_000 });
  return find();
}

/**
 * Sends a request and waits for its SERVER span. A file that sends all its requests this way has none
 * that comes late.
 */
export async function traced<T>(
  collector: OtlpCollector,
  send: () => Promise<T>,
): Promise<{ answer: T; server: Span | undefined }> {
  const before = collector.spans.length;
  const answer = await send();
  return { answer, server: await spanSince(collector, before, isServer) };
}

export const isServer = ({ kind }: Span): boolean => kind === 'server';
export const isProducer = ({ kind }: Span): boolean => kind === 'producer';
export const isConsumer = ({ kind, resource }: Span): boolean =>
  kind === 'consumer' && resource['service.name'] === 'fulfil-worker';
export const isStatement = ({ attributes }: Span): boolean => 'db.system.name' in attributes;

/** Whether `span` is below `root` in its trace. */
export function isBelow(root: Span, span: Span, spans: readonly Span[]): boolean {
  const seen = new Set<string>();
  let parent = span.parentSpanId;
  while (parent !== undefined && !seen.has(parent)) {
    if (parent === root.spanId) return true;
    seen.add(parent);
    parent = spans.find(({ spanId }) => spanId === parent)?.parentSpanId;
  }
  return false;
}

/** A span as a line of text. */
export function told(span: Span | undefined): string {
  return span ? `${span.kind} "${span.name}"` : 'none';
}

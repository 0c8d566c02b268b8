import type { Span } from './spans.ts';

const NANOSECONDS_PER_MS = 1e6;

/** A trace as text: each span below its parent, in the order in which they began. */
export function drawTrace(spans: readonly Span[]): string {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => !parentSpanId || !known.has(parentSpanId));
  const lines = inOrder(roots).flatMap((root) => drawSpan(root, spans, '', ''));
  return [`trace ${spans[0]?.traceId ?? ''}`, ...lines].join('\n');
}

function drawSpan(span: Span, spans: readonly Span[], branch: string, indent: string): string[] {
  const { service, name, kind, failed, begin, end } = span;
  const ms = (Number(end - begin) / NANOSECONDS_PER_MS).toFixed(1);
  const below = inOrder(spans.filter(({ parentSpanId }) => parentSpanId === span.spanId));
  return [
    `${branch}${name}  [${[service, kind].join(' ').trim()}]  ${ms} ms${failed ? '  ERROR' : ''}`,
    ...below.flatMap((child, index) =>
      index === below.length - 1
        ? drawSpan(child, spans, `${indent}└─ `, `${indent}   `)
        : drawSpan(child, spans, `${indent}├─ `, `${indent}│  `),
    ),
  ];
}

function inOrder(spans: readonly Span[]): Span[] {
  return spans.toSorted((one, other) => Number(one.begin - other.begin));
}

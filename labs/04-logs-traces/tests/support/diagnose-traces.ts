import { expect, explain, lesson, type OtlpCollector, type Span } from '@backend-labs/testkit';
import { isConsumer, isProducer, spanOf, spansOf, told } from './traces.ts';

/** Asserts name and route of a SERVER span. */
export async function expectServerSpan(
  span: Span,
  { method, path, route }: { method: string; path: string; route: string },
  collector: OtlpCollector,
): Promise<void> {
  await explain(
    () => {
      expect(span.name, `name of the SERVER span of ${method} ${path}`).toBe(`${method} ${route}`);
      expect(span.attributes['http.route'], `http.route of ${method} ${path}`).toBe(route);
    },
    () => {
      if (span.name.includes(path) && path !== route) {
        lesson('url-as-name', {
          observed: `The SERVER span of ${method} ${path} is named "${span.name}".`,
          meaning:
            'Names are for grouping. With an id in it, every request has a name of its own, and no list of slow operations is short enough to read.',
          lookAt: 'what the router knows about a request once it has matched.',
        });
      }
      const scopes = new Set(collector.spans.map(({ scope }) => scope));
      if (span.name === method && ![...scopes].some((scope) => scope.includes('express'))) {
        lesson('import-first', {
          observed: `The SERVER span of ${method} ${path} is named "${span.name}". Spans came from ${[...scopes].toSorted().join(' and ')}, and none from Express.`,
          meaning:
            'Importing the SDK first is enough for CommonJS. The modules of an ES module program are linked before any of them runs, so nothing can wrap what they import. http and pg look right because they are reached through require inside.',
          lookAt:
            'what Node can run before the program is loaded, and which hook has to be in place by then.',
        });
      }
    },
  );
}

/** Asserts that the worker's CONSUMER span is in the trace. */
export async function expectConsumer(collector: OtlpCollector, traceId: string): Promise<void> {
  const consumer = await spanOf(collector, traceId, isConsumer);
  await explain(
    () => expect(told(consumer), 'CONSUMER span of the worker in this trace').not.toBe('none'),
    () => {
      const others = collector.spans.filter(isConsumer);
      if (others.length === 0) return;
      if (!others.every(({ parentSpanId }) => parentSpanId === undefined)) return;
      const producer = spansOf(collector, traceId).find(isProducer);
      lesson('new-trace-per-message', {
        observed: `The worker exported ${others.length} CONSUMER spans, all without a parent. PRODUCER span of this checkout: ${told(producer)}.`,
        meaning:
          'A trace crosses a process only as text that travels with the message. Where nobody writes it on one side, or nobody reads it on the other, a new trace begins.',
        lookAt: 'the headers of a message in the queue, and what the worker does with them.',
      });
    },
  );
}

import { expect, explain, lesson, type OtlpCollector, type Span } from '@backend-labs/testkit';
import {
  isBelow,
  isConsumer,
  isProducer,
  isServer,
  isStatement,
  spanOf,
  spansOf,
  told,
} from './traces.ts';

/** Asserts name and route of a SERVER span. */
export async function expectServerSpan(
  span: Span | undefined,
  { method, path, route }: { method: string; path: string; route: string },
  collector: OtlpCollector,
): Promise<void> {
  await explain(
    () => {
      expect(span?.name, `name of the SERVER span of ${method} ${path}`).toBe(`${method} ${route}`);
      expect(span?.attributes['http.route'], `http.route of ${method} ${path}`).toBe(route);
    },
    () => {
      if (!span) return;
      if (span.name.includes(path) && path !== route) {
        lesson('one-group-per-request', {
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
          'A trace crosses a process only as text that travels with the message. If one side does not write it, or the other side does not read it, a new trace begins.',
        lookAt: 'the headers of a message in the queue, and what the worker does with them.',
      });
    },
  );
}

/** Asserts that at least `least` spans of statements are below this one. */
export async function expectStatements(
  kind: string,
  least: number,
  root: Span | undefined,
  spans: readonly Span[],
  collector: OtlpCollector,
): Promise<void> {
  const below = spans.filter((span) => isStatement(span) && root && isBelow(root, span, spans));
  await explain(
    () => {
      const what = `spans of statements below the ${kind} span`;
      expect(below.length, what).toBeGreaterThanOrEqual(least);
    },
    () => {
      if (collector.spans.some(isStatement)) return;
      lesson('no-database-spans', {
        observed: `None of ${collector.spans.length} exported spans has db.system.name.`,
        meaning:
          'A trace without its statements says that a request was slow, but not that it waited for the database.',
        lookAt: 'which instrumentations the SDK starts with.',
      });
    },
  );
}

/** Asserts that a SERVER span continues the trace of its client. */
export async function expectContinued(
  server: Span | undefined,
  client: { readonly traceId: string; readonly spanId: string },
): Promise<void> {
  await explain(
    () => {
      expect(server?.traceId, 'trace id of the SERVER span').toBe(client.traceId);
      expect(server?.parentSpanId, 'parent of the SERVER span').toBe(client.spanId);
    },
    () => {
      if (!server || !isServer(server) || server.parentSpanId !== undefined) return;
      lesson('traceparent-not-read', {
        observed: `The request had a traceparent of the trace ${client.traceId}; its SERVER span has no parent, and is in the trace ${server.traceId}.`,
        meaning:
          'Both sides of a hop must speak the same propagation format. W3C Trace Context is what clients, proxies and load balancers send; others only work among your own processes.',
        lookAt: 'which propagator reads the headers of a request.',
      });
    },
  );
}

/** Asserts that a request was answered as without its traceparent. */
export async function expectUsual(status: number, what: string, usual: number): Promise<void> {
  await explain(
    () => expect(status, `status of ${what}`).toBe(usual),
    () => {
      if (status < 400) return;
      lesson('refused-for-its-trace', {
        observed: `The answer to ${what} is ${status}; without the header it is ${usual}.`,
        meaning:
          'A proxy on the way may break the header. W3C Trace Context wants a receiver that cannot read it to begin a new trace: telemetry must never change an answer.',
        lookAt: 'the code that reads the header, and what it does with one that it cannot read.',
      });
    },
  );
}
